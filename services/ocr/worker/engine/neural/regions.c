#include "services/ocr/worker/engine/neural/regions.h"

#include <math.h>
#include <string.h>

#include "services/ocr/page_too_large.h"

enum {
    CHANNELS = 3,
    INPUT_WIDTH = 608,
    INPUT_HEIGHT = 800,
    SCALES = 4, /* outputs: the scores of each, then the boxes of each */
    KINDS_MAX = 16,
    SIDES = 4, /* left, top, right, bottom */
};

static const int32_t strides[SCALES] = {8, 16, 32, 64};

/* As the model was published with. */
static const float score_min = 0.5f;
static const float overlap_max = 0.5f;

struct region_finder {
    struct network *network;
    block_kind kinds[KINDS_MAX]; /* by label */
    size_t kind_count;
};

/* What CDLA's names are called here; 0: not known. */
static block_kind kind_of(const char *name)
{
    static const struct {
        const char *name;
        block_kind kind;
    } kinds[] = {
        {"text", BLOCK_PARAGRAPH},   {"title", BLOCK_HEADING},
        {"figure", BLOCK_FIGURE},    {"figure_caption", BLOCK_CAPTION},
        {"table", BLOCK_TABLE},      {"table_caption", BLOCK_CAPTION},
        {"header", BLOCK_HEADER},    {"footer", BLOCK_FOOTER},
        {"equation", BLOCK_FORMULA}, {"reference", BLOCK_PARAGRAPH},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(name, kinds[i].name) == 0)
            return kinds[i].kind;
    return 0;
}

static status_code read_kinds(struct region_finder *finder, struct status *st)
{
    const char *names = network_metadata(finder->network, "character");
    _cleanup_(freep) char *copy = names != NULL ? strdup(names) : NULL;

    if (copy == NULL)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the layout model does not name its regions");
    for (char *rest = copy, *name; (name = strsep(&rest, "\n")) != NULL;) {
        block_kind kind = kind_of(name);
        if (kind == 0 || finder->kind_count == KINDS_MAX)
            return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                        "the layout model knows other regions than this program");
        finder->kinds[finder->kind_count++] = kind;
    }
    return STATUS_OK;
}

status_code region_finder_new(struct runtime *runtime, struct region_finder **ret_finder,
                              struct status *st)
{
    _cleanup_(region_finder_freep) struct region_finder *finder = calloc(1, sizeof(*finder));

    if (finder == NULL)
        return FAIL_MEMORY(st);
    TRY(network_load(runtime, "layout_cdla.onnx", NULL, false, &finder->network, st));
    TRY(read_kinds(finder, st));
    if (network_output_count(finder->network) != (size_t)2 * SCALES)
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the layout model has other outputs than this program reads");
    *ret_finder = TAKE(finder);
    return STATUS_OK;
}

void region_finder_free(struct region_finder *finder)
{
    if (finder == NULL)
        return;
    network_free(finder->network);
    free(finder);
}

/* The mean of a distribution over 0 to count - 1 that is given by its logarithms. */
static float mean_of_logits(const float *logits, size_t count)
{
    float largest = logits[0], sum = 0, weighted = 0;

    for (size_t i = 1; i < count; i++)
        largest = fmaxf(largest, logits[i]);
    for (size_t i = 0; i < count; i++) {
        float weight = expf(logits[i] - largest);
        sum += weight;
        weighted += weight * (float)i;
    }
    return weighted / sum;
}

static int32_t on_page(float value, float scale, int32_t limit)
{
    return (int32_t)lroundf(fminf(fmaxf(value * scale, 0), (float)limit));
}

/* Regions that were seen, before those that mean the same are left out. */
struct candidates {
    struct region *regions;
    size_t count;
    size_t capacity;
};

/* Adds what one scale sees. */
static void add_scale(const struct region_finder *finder, const struct tensor *scores,
                      const struct tensor *boxes, int32_t stride, const struct raster *page,
                      struct candidates *candidates)
{
    int32_t columns = (INPUT_WIDTH + stride - 1) / stride;
    size_t bins = boxes->sides[2] / SIDES;
    float scale_x = (float)page->width / INPUT_WIDTH, scale_y = (float)page->height / INPUT_HEIGHT;

    for (size_t cell = 0; cell < scores->sides[1]; cell++)
        for (size_t label = 0; label < finder->kind_count; label++) {
            float score = scores->values[cell * finder->kind_count + label];
            if (!(score > score_min) || candidates->count == candidates->capacity)
                continue;
            const float *logits = boxes->values + cell * SIDES * bins;
            float x = ((float)(cell % (size_t)columns) + 0.5f) * (float)stride;
            float y = ((float)(cell / (size_t)columns) + 0.5f) * (float)stride;
            float reach[SIDES];
            for (size_t side = 0; side < SIDES; side++)
                reach[side] = mean_of_logits(logits + side * bins, bins) * (float)stride;
            candidates->regions[candidates->count++] = (struct region){
                .bbox = {on_page(x - reach[0], scale_x, page->width),
                         on_page(y - reach[1], scale_y, page->height),
                         on_page(x + reach[2], scale_x, page->width),
                         on_page(y + reach[3], scale_y, page->height)},
                .kind = finder->kinds[label],
                .score = score,
            };
        }
}

static int compare_score(const void *a, const void *b)
{
    const struct region *x = a, *y = b;

    return (x->score < y->score) - (x->score > y->score);
}

static bool is_same(const struct region *a, const struct region *b)
{
    int64_t common = bbox_area(bbox_intersection(a->bbox, b->bbox));

    return (float)common > overlap_max * (float)(bbox_area(a->bbox) + bbox_area(b->bbox) - common);
}

/* Leaves the surest of those that mean the same, whatever their kinds. */
static void leave_surest(struct candidates *candidates)
{
    size_t kept = 0;

    qsort(candidates->regions, candidates->count, sizeof(*candidates->regions), compare_score);
    for (size_t i = 0; i < candidates->count && kept < REGIONS_MAX; i++) {
        bool is_new = bbox_area(candidates->regions[i].bbox) > 0;
        for (size_t j = 0; j < kept && is_new; j++)
            is_new = !is_same(&candidates->regions[i], &candidates->regions[j]);
        if (is_new)
            candidates->regions[kept++] = candidates->regions[i];
    }
    candidates->count = kept;
}

/* The page, squeezed to the input's size, in three channels that are normalized as ImageNet's
 * pictures are. */
static status_code run(struct region_finder *finder, const struct raster *page, struct arena *arena,
                       struct status *st)
{
    static const float means[CHANNELS] = {0.485f, 0.456f, 0.406f};
    static const float deviations[CHANNELS] = {0.229f, 0.224f, 0.225f};
    const size_t sides[NETWORK_RANK_MAX] = {1, CHANNELS, INPUT_HEIGHT, INPUT_WIDTH};
    const size_t plane = (size_t)INPUT_WIDTH * INPUT_HEIGHT;
    float *input = ARENA_NEW_ARRAY(arena, float, CHANNELS *plane);
    const struct raster_target target = {input,        INPUT_WIDTH,      INPUT_WIDTH,
                                         INPUT_HEIGHT, 1.0f / UINT8_MAX, 0};

    if (input == NULL || !raster_scale(page, &target, arena))
        return FAIL_PAGE_MEMORY(st);
    for (size_t channel = CHANNELS; channel-- > 0;)
        for (size_t i = 0; i < plane; i++)
            input[channel * plane + i] = (input[i] - means[channel]) / deviations[channel];
    return network_run(finder->network, input, sides, st);
}

status_code region_finder_find(struct region_finder *finder, const struct raster *page,
                               struct arena *arena, struct region **ret_regions, size_t *ret_count,
                               struct status *st)
{
    enum { CANDIDATES_MAX = 4096 };
    struct candidates candidates = {
        .regions = ARENA_NEW_ARRAY(arena, struct region, CANDIDATES_MAX),
        .capacity = CANDIDATES_MAX,
    };

    if (candidates.regions == NULL)
        return FAIL_PAGE_MEMORY(st);
    TRY(run(finder, page, arena, st));
    for (size_t i = 0; i < SCALES; i++) {
        struct tensor scores, boxes;
        TRY(network_output(finder->network, i, &scores, st));
        TRY(network_output(finder->network, SCALES + i, &boxes, st));
        if (scores.sides[2] != finder->kind_count || boxes.sides[1] != scores.sides[1] ||
            boxes.sides[2] == 0 || boxes.sides[2] % SIDES != 0)
            return FAIL(st, STATUS_INTERNAL, NULL, "page layout gives other outputs");
        add_scale(finder, &scores, &boxes, strides[i], page, &candidates);
    }
    leave_surest(&candidates);
    *ret_regions = candidates.regions;
    *ret_count = candidates.count;
    return STATUS_OK;
}
