#include "services/ocr/worker/engine/neural/compose.h"

#include <math.h>

#include "services/ocr/worker/layout.h"

/* Of the height of a line's box, what is beneath the baseline. Boxes are as high as the font, with
 * nearly a quarter for descenders in most. */
static const float descent = 0.22f;

/* A place within a line on the page; both parts from 0 to 1. */
static struct point place_of(const struct text_line *line, float along, float across)
{
    const struct point *corners = line->corners;

    return (struct point){
        corners[0].x + along * (corners[1].x - corners[0].x) +
            across * (corners[3].x - corners[0].x),
        corners[0].y + along * (corners[1].y - corners[0].y) +
            across * (corners[3].y - corners[0].y),
    };
}

/* --- Skew --- */

/* Turning about the origin. */
struct turn {
    float cosine;
    float sine;
};

static struct point turned(struct point point, struct turn turn)
{
    return (struct point){point.x * turn.cosine - point.y * turn.sine,
                          point.x * turn.sine + point.y * turn.cosine};
}

static struct turn turn_back(struct turn turn)
{
    return (struct turn){turn.cosine, -turn.sine};
}

static bool is_lying(const struct text_line *line)
{
    return fabsf(line->corners[1].x - line->corners[0].x) >=
           fabsf(line->corners[1].y - line->corners[0].y);
}

/* What straightens the lines: the mean of their directions, longer ones counting for more. Standing
 * lines say the same, a quarter further. */
static struct turn find_straightening(const struct text_line *lines, size_t count)
{
    const float straight = 0.005f; /* sine: a third of a degree */
    const float lying_ratio = 3;   /* boxes of short words are as often askew by chance */
    double x = 0, y = 0;

    for (size_t i = 0; i < count; i++) {
        float dx = lines[i].corners[1].x - lines[i].corners[0].x;
        float dy = lines[i].corners[1].y - lines[i].corners[0].y;
        if (text_line_length(&lines[i]) < lying_ratio * text_line_height(&lines[i]))
            continue;
        if (!is_lying(&lines[i])) {
            float turned_dx = dy;
            dy = -dx;
            dx = turned_dx;
        }
        x += (double)(dx < 0 ? -dx : dx);
        y += (double)(dx < 0 ? -dy : dy);
    }
    float length = (float)hypot(x, y);
    if (length == 0 || fabsf((float)y / length) < straight)
        return (struct turn){1, 0};
    return (struct turn){(float)x / length, -(float)y / length};
}

static struct bbox box_around(const struct point *points, size_t count)
{
    struct point least = points[0], most = points[0];

    for (size_t i = 1; i < count; i++) {
        least.x = fminf(least.x, points[i].x);
        least.y = fminf(least.y, points[i].y);
        most.x = fmaxf(most.x, points[i].x);
        most.y = fmaxf(most.y, points[i].y);
    }
    return (struct bbox){(int32_t)floorf(least.x), (int32_t)floorf(least.y), (int32_t)ceilf(most.x),
                         (int32_t)ceilf(most.y)};
}

static struct bbox turned_box(struct bbox box, struct turn turn)
{
    const struct point corners[] = {
        turned((struct point){(float)box.x0, (float)box.y0}, turn),
        turned((struct point){(float)box.x1, (float)box.y0}, turn),
        turned((struct point){(float)box.x1, (float)box.y1}, turn),
        turned((struct point){(float)box.x0, (float)box.y1}, turn),
    };

    return turn.sine == 0 ? box : box_around(corners, ARRAY_LENGTH(corners));
}

/* --- Lines --- */

/* The upright box around a part of a line. */
static struct bbox box_of(const struct text_line *line, const struct word_span *word,
                          struct turn straightening)
{
    const struct point corners[] = {
        turned(place_of(line, word->x0, word->y0), straightening),
        turned(place_of(line, word->x1, word->y0), straightening),
        turned(place_of(line, word->x1, word->y1), straightening),
        turned(place_of(line, word->x0, word->y1), straightening),
    };

    return box_around(corners, ARRAY_LENGTH(corners));
}

static void set_baseline(const struct text_line *source, struct turn straightening,
                         struct line *line)
{
    struct point start = turned(place_of(source, 0, 1 - descent), straightening);
    struct point end = turned(place_of(source, 1, 1 - descent), straightening);

    if (!is_lying(source) || end.x <= start.x)
        return;
    line->baseline[0] = start.x;
    line->baseline[1] = start.y;
    line->baseline[2] = end.x;
    line->baseline[3] = end.y;
}

static bool make_line(struct page *page, const struct text_line *source, struct turn straightening,
                      struct line *ret_line)
{
    struct line line = {.size = text_line_height(source)};

    line.direction = source->direction != DIRECTION_UNKNOWN ? source->direction
                     : is_lying(source)                     ? DIRECTION_LEFT_TO_RIGHT
                                                            : DIRECTION_TOP_TO_BOTTOM;
    set_baseline(source, straightening, &line);
    for (size_t i = 0; i < source->word_count; i++) {
        struct word *word = line_add_word(page, &line);
        if (word == NULL)
            return false;
        word->text = arena_strdup(page->arena, source->words[i].text);
        if (word->text == NULL)
            return false;
        word->bbox = box_of(source, &source->words[i], straightening);
        word->confidence = source->words[i].confidence;
        word->confidence_kind = source->words[i].confidence_kind;
        word->no_space_after = source->words[i].no_space_after;
    }
    *ret_line = line;
    return true;
}

/* From where lines lie straight to the page. */
static void turn_line(struct line *line, struct turn turn)
{
    struct point start = turned((struct point){line->baseline[0], line->baseline[1]}, turn);
    struct point end = turned((struct point){line->baseline[2], line->baseline[3]}, turn);

    line->baseline[0] = start.x;
    line->baseline[1] = start.y;
    line->baseline[2] = end.x;
    line->baseline[3] = end.y;
    for (size_t w = 0; w < line->word_count; w++)
        line->words[w].bbox = turned_box(line->words[w].bbox, turn);
}

static void turn_blocks(struct page *page, size_t first, struct turn turn)
{
    for (size_t b = first; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            turn_line(&page->blocks[b].lines[l], turn);
}

/* --- Regions --- */

/* The region that a line lies in by more than half; the smallest of them. -1: none. */
static int region_of(const struct line *line, const struct region *regions, size_t count)
{
    struct bbox box = layout_line_box(line);
    int best = -1;

    for (size_t i = 0; i < count; i++) {
        int64_t common = bbox_area(bbox_intersection(box, regions[i].bbox));
        if (common * 2 > bbox_area(box) &&
            (best < 0 || bbox_area(regions[i].bbox) < bbox_area(regions[best].bbox)))
            best = (int)i;
    }
    return best;
}

/* Cuts the blocks from `first` on where their lines pass from one region into another. */
static bool split_by_regions(struct page *page, size_t first, const struct region *regions,
                             size_t count)
{
    size_t whole_count = page->block_count - first;
    struct block *wholes = ARENA_NEW_ARRAY(page->arena, struct block, whole_count + 1);

    if (wholes == NULL)
        return false;
    for (size_t i = 0; i < whole_count; i++)
        wholes[i] = page->blocks[first + i];
    page->block_count = first;
    for (size_t i = 0; i < whole_count; i++) {
        struct block *block = NULL;
        int region_before = -1;
        for (size_t l = 0; l < wholes[i].line_count; l++) {
            int region = region_of(&wholes[i].lines[l], regions, count);
            if (block == NULL || region != region_before) {
                block = page_add_block(page);
                if (block == NULL)
                    return false;
                if (region >= 0)
                    block->kind = regions[region].kind;
            }
            region_before = region;
            struct line *line = block_add_line(page, block);
            if (line == NULL)
                return false;
            *line = wholes[i].lines[l];
        }
    }
    return true;
}

/* Hands the regions on: tables are made of more than one block. */
static bool tell_regions(struct page *page, const struct region *regions, size_t count)
{
    struct page_region *told = ARENA_NEW_ARRAY(page->arena, struct page_region, count + 1);

    if (told == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        told[i] = (struct page_region){regions[i].bbox, regions[i].kind, regions[i].score};
    page->regions = told;
    page->region_count = count;
    return true;
}

bool compose_page(struct page *page, const struct text_line *lines, size_t line_count,
                  const struct region *regions, size_t region_count)
{
    struct line *made = ARENA_NEW_ARRAY(page->arena, struct line, line_count + 1);
    struct turn straightening = find_straightening(lines, line_count);
    size_t made_count = 0, first = page->block_count;

    if (made == NULL)
        return false;
    for (size_t i = 0; i < line_count; i++)
        if (lines[i].word_count > 0 &&
            !make_line(page, &lines[i], straightening, &made[made_count++]))
            return false;
    if (!layout_add_lines(page, made, made_count))
        return false;
    turn_blocks(page, first, turn_back(straightening));
    if (!tell_regions(page, regions, region_count))
        return false;
    return split_by_regions(page, first, regions, region_count);
}
