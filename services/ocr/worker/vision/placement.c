#include "services/ocr/worker/vision/placement.h"

#include "services/ocr/worker/vision/align.h"

/* What the draft is sure of: PP-OCRv6 and tesseract read nine in ten of such words rightly. */
static const float confidence_sure = 0.8f;

/*
 * Confidence of a piece that the draft has differently, and of one that it does not have. An
 * endpoint tells none; both are set so that such pieces stand out, and are not measured. Where both
 * read the same, half of the draft's doubt goes.
 */
static const float confidence_differs = 0.6f;
static const float confidence_alone = 0.4f;

enum {
    /* Pieces of the draft between two neighbours, beyond those of the reading, up to which they are
     * thought to be the same text read in two ways, and not another block. */
    GAP_SURPLUS_MAX = 12,
};

static float confidence_of(const struct draft_place *place, int similarity)
{
    if (similarity == 100)
        return 1 - (1 - place->confidence) / 2;
    return place->confidence < confidence_differs ? place->confidence : confidence_differs;
}

/* --- pieces with a partner --- */

static bool place_partners(const struct reading *reading, const struct draft *draft,
                           struct placement *placement)
{
    struct match *matches = ARENA_NEW_ARRAY(reading->arena, struct match, reading->units.count + 1);

    if (matches == NULL || !align_units(&reading->units, &draft->units, matches))
        return false;
    for (size_t i = 0; i < reading->units.count; i++) {
        struct placed *placed = &placement->places[i];
        *placed = (struct placed){.line = -1, .word = -1, .other = -1};
        if (matches[i].other < 0)
            continue;
        const struct draft_place *place = &draft->places[matches[i].other];
        *placed = (struct placed){
            .bbox = place->bbox,
            .confidence = confidence_of(place, matches[i].similarity),
            .line = (int32_t)place->line,
            .word = (int32_t)place->word,
            .other = matches[i].other,
            .similarity = matches[i].similarity,
        };
        placement->is_taken[matches[i].other] = true;
    }
    return true;
}

/* --- agreement --- */

static bool is_running_title(const struct draft *draft, size_t unit)
{
    block_kind kind = draft->lines[draft->places[unit].line].block->kind;

    return kind == BLOCK_HEADER || kind == BLOCK_FOOTER;
}

static double share(double part, size_t whole)
{
    return whole > 0 ? part / (double)whole : 1;
}

/* Before gaps are filled. */
static void measure(const struct reading *reading, const struct draft *draft,
                    struct placement *placement)
{
    struct agreement *agreement = &placement->agreement;
    double supported = 0, confidence = 0;
    size_t found = 0;

    for (size_t i = 0; i < reading->units.count; i++) {
        const struct unit *unit = &reading->units.items[i];
        agreement->reading_letters += unit->letters;
        supported += unit->letters * placement->places[i].similarity / 100.0;
    }
    for (size_t j = 0; j < draft->units.count; j++) {
        size_t letters = draft->units.items[j].letters;
        agreement->draft_letters += letters;
        confidence += (double)draft->places[j].confidence * (double)letters;
        if (!placement->is_taken[j])
            agreement->missing_letters += letters;
        /* Models are taught to leave running titles out. */
        if (draft->places[j].confidence < confidence_sure || is_running_title(draft, j))
            continue;
        agreement->sure_letters += letters;
        found += placement->is_taken[j] ? letters : 0;
    }
    agreement->supported = share(supported, agreement->reading_letters);
    agreement->found = share((double)found, agreement->sure_letters);
    agreement->quality = share(confidence, agreement->draft_letters);
}

/* --- pieces without a partner --- */

/* The box and line of the draft's pieces [first, end) that are in `free_units`. */
static void place_over(struct placed *placed, const struct draft *draft, const int32_t *free_units,
                       size_t first, size_t end)
{
    for (size_t k = first; k < end; k++)
        placed->bbox = bbox_union(placed->bbox, draft->places[free_units[k]].bbox);
    placed->line = (int32_t)draft->places[free_units[first]].line;
    placed->confidence = confidence_differs;
}

/* Between its neighbours on a line, or over the one that there is. */
static void place_beside(struct placed *placed, const struct placed *before,
                         const struct placed *after)
{
    const struct placed *near = before != NULL ? before : after;

    placed->confidence = confidence_alone;
    if (near == NULL)
        return;
    placed->line = near->line;
    placed->bbox = near->bbox;
    if (before != NULL && after != NULL && before->line == after->line &&
        before->bbox.x1 < after->bbox.x0) {
        placed->bbox.x0 = before->bbox.x1;
        placed->bbox.x1 = after->bbox.x0;
    }
}

/* The free pieces of the draft between the partners of a gap's neighbours; how many there are. */
static size_t collect_free(const struct draft *draft, const struct placement *placement,
                           const struct placed *before, const struct placed *after, size_t gap,
                           int32_t *free_units)
{
    int64_t first = before != NULL ? before->other + 1 : 0;
    int64_t end = after != NULL ? after->other : (int64_t)draft->units.count;
    size_t count = 0;

    for (int64_t j = first; j < end; j++) {
        if (placement->is_taken[j] || is_running_title(draft, (size_t)j))
            continue;
        if (count == gap + GAP_SURPLUS_MAX)
            return 0;
        free_units[count++] = (int32_t)j;
    }
    return count;
}

/* @first, @end: pieces of the reading without partners, between two that have one or the ends. */
static void fill_gap(const struct draft *draft, struct placement *placement, size_t first,
                     size_t end, size_t unit_count, int32_t *free_units)
{
    const struct placed *before = first > 0 ? &placement->places[first - 1] : NULL;
    const struct placed *after = end < unit_count ? &placement->places[end] : NULL;
    size_t gap = end - first;
    size_t count = collect_free(draft, placement, before, after, gap, free_units);

    for (size_t i = 0; i < gap; i++) {
        struct placed *placed = &placement->places[first + i];
        if (count == 0) {
            place_beside(placed, before, after);
            continue;
        }
        size_t from = i * count / gap;
        size_t to = (i + 1) * count / gap;
        place_over(placed, draft, free_units, from < count ? from : count - 1,
                   to > from ? to : from + 1);
    }
}

static bool place_rest(const struct reading *reading, const struct draft *draft,
                       struct placement *placement)
{
    size_t count = reading->units.count;
    int32_t *free_units = ARENA_NEW_ARRAY(reading->arena, int32_t, count + GAP_SURPLUS_MAX + 1);

    if (free_units == NULL)
        return false;
    for (size_t i = 0; i < count;) {
        size_t end = i;
        while (end < count && placement->places[end].other < 0)
            end++;
        if (end > i)
            fill_gap(draft, placement, i, end, count, free_units);
        i = end + 1;
    }
    return true;
}

bool placement_make(const struct reading *reading, const struct draft *draft,
                    struct placement *ret_placement)
{
    struct placement placement = {
        .places = ARENA_NEW_ARRAY(reading->arena, struct placed, reading->units.count + 1),
        .is_taken = ARENA_NEW_ARRAY(reading->arena, bool, draft->units.count + 1),
    };

    if (placement.places == NULL || placement.is_taken == NULL ||
        !place_partners(reading, draft, &placement))
        return false;
    measure(reading, draft, &placement);
    if (!place_rest(reading, draft, &placement))
        return false;
    *ret_placement = placement;
    return true;
}
