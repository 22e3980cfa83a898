#include "services/ocr/layout.h"

#include <stdlib.h>

#include "services/ocr/layout_internal.h"

struct bbox layout_line_box(const struct line *line)
{
    struct bbox box = {0};

    for (size_t i = 0; i < line->word_count; i++)
        box = bbox_union(box, line->words[i].bbox);
    return box;
}

int layout_compare_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

int32_t layout_median_height(const struct line *lines, size_t count, struct arena *arena)
{
    int32_t *heights = ARENA_NEW_ARRAY(arena, int32_t, count);

    if (heights == NULL || count == 0)
        return 1;
    for (size_t i = 0; i < count; i++)
        heights[i] = lines[i].bbox.y1 - lines[i].bbox.y0;
    qsort(heights, count, sizeof(*heights), layout_compare_int32);
    return heights[count / 2] > 0 ? heights[count / 2] : 1;
}

static int compare_top(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    if (x->bbox.y0 != y->bbox.y0)
        return x->bbox.y0 < y->bbox.y0 ? -1 : 1;
    return (x->bbox.x0 > y->bbox.x0) - (x->bbox.x0 < y->bbox.x0);
}

static int compare_left(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return (x->bbox.x0 > y->bbox.x0) - (x->bbox.x0 < y->bbox.x0);
}

struct gutter {
    int32_t x0, x1;
};

static bool spans(const struct line *line, struct gutter gutter)
{
    return line->bbox.x0 < gutter.x0 && line->bbox.x1 > gutter.x1;
}

/* True when the line ends within the gutter, which is narrower then. */
static bool pokes(const struct line *line, struct gutter gutter)
{
    return line->bbox.x0 < gutter.x1 && line->bbox.x1 > gutter.x0 && !spans(line, gutter);
}

static bool crosses(const struct line *line, struct gutter gutter)
{
    return spans(line, gutter) || pokes(line, gutter);
}

/* Running text on both sides: short pieces side by side are the cells of a table. */
static bool parts_columns(const struct line *lines, size_t count, struct gutter gutter)
{
    enum { LINES_MIN = 3, WORDS_MIN = 3 };
    size_t lines_of[2] = {0}, words_of[2] = {0}, spanning = 0;

    for (size_t i = 0; i < count; i++) {
        if (crosses(&lines[i], gutter)) {
            spanning++;
            continue;
        }
        int side = lines[i].bbox.x0 >= gutter.x1;
        lines_of[side]++;
        words_of[side] += lines[i].word_count;
    }
    for (int side = 0; side < 2; side++)
        if (lines_of[side] < LINES_MIN || words_of[side] < WORDS_MIN * lines_of[side])
            return false;
    return spanning * 2 < lines_of[0] + lines_of[1];
}

/* The widest strip that few lines cross, with columns on both sides.
 * @poking_max: lines that may end within it. */
static bool find_gutter_with(const struct line *lines, size_t count, int32_t unit,
                             size_t poking_max, struct gutter *ret_gutter)
{
    struct gutter best = {0, 0};

    /* A gutter begins where a line ends. */
    for (size_t i = 0; i < count; i++) {
        struct gutter gutter = {lines[i].bbox.x1, INT32_MAX};
        size_t crossing = 0, poking = 0;
        for (size_t j = 0; j < count; j++)
            if (lines[j].bbox.x0 > gutter.x0 && lines[j].bbox.x0 < gutter.x1)
                gutter.x1 = lines[j].bbox.x0;
        if (gutter.x1 == INT32_MAX || gutter.x1 - gutter.x0 < unit ||
            gutter.x1 - gutter.x0 <= best.x1 - best.x0)
            continue;
        for (size_t j = 0; j < count; j++) {
            crossing += spans(&lines[j], gutter);
            poking += pokes(&lines[j], gutter);
        }
        if (poking <= poking_max && crossing * 3 < count && parts_columns(lines, count, gutter))
            best = gutter;
    }
    *ret_gutter = best;
    return best.x1 > best.x0;
}

static bool find_gutter(const struct line *lines, size_t count, int32_t unit,
                        struct gutter *ret_gutter)
{
    /* A heading may end in the gutter; lines of the columns do not. */
    return find_gutter_with(lines, count, unit, 0, ret_gutter) ||
           find_gutter_with(lines, count, unit, count / 12, ret_gutter);
}

/* One column: rows from the top, pieces of a row from the left, joined. Makes a block of them. */
static bool add_column(struct page *page, struct line *lines, size_t count)
{
    struct block *block = page_add_block(page);

    if (block == NULL)
        return false;
    qsort(lines, count, sizeof(*lines), compare_top);
    for (size_t start = 0; start < count;) {
        struct bbox row = lines[start].bbox;
        size_t end = start + 1;
        /* Of a row is what overlaps its first piece by more than half of either. */
        while (end < count && (lines[end].bbox.y0 + lines[end].bbox.y1) / 2 < row.y1 &&
               (row.y0 + row.y1) / 2 > lines[end].bbox.y0)
            end++;
        qsort(lines + start, end - start, sizeof(*lines), compare_left);
        struct line *joined = block_add_line(page, block);
        if (joined == NULL)
            return false;
        *joined = lines[start];
        for (size_t i = start + 1; i < end; i++)
            for (size_t w = 0; w < lines[i].word_count; w++) {
                struct word *word = line_add_word(page, joined);
                if (word == NULL)
                    return false;
                *word = lines[i].words[w];
            }
        start = end;
    }
    return true;
}

enum { CUT_DEPTH_MAX = 8 };

static bool add_region(struct page *page, struct line *lines, size_t count, int32_t unit,
                       int depth);

/* Left of the gutter, then right of it. */
static bool add_sides(struct page *page, struct line *lines, size_t count, struct gutter gutter,
                      int32_t unit, int depth)
{
    size_t left = 0;

    qsort(lines, count, sizeof(*lines), compare_left);
    while (left < count && lines[left].bbox.x0 < gutter.x1)
        left++;
    return add_region(page, lines, left, unit, depth + 1) &&
           add_region(page, lines + left, count - left, unit, depth + 1);
}

static bool add_region(struct page *page, struct line *lines, size_t count, int32_t unit, int depth)
{
    struct gutter gutter;

    if (count == 0)
        return true;
    if (depth >= CUT_DEPTH_MAX || !find_gutter(lines, count, unit, &gutter))
        return add_column(page, lines, count);
    /* What spans the gutter parts the columns above from those beneath. */
    qsort(lines, count, sizeof(*lines), compare_top);
    for (size_t start = 0; start < count;) {
        size_t end = start;
        bool is_spanning = crosses(&lines[start], gutter);
        while (end < count && crosses(&lines[end], gutter) == is_spanning)
            end++;
        bool is_added = is_spanning
                            ? add_column(page, lines + start, end - start)
                            : add_sides(page, lines + start, end - start, gutter, unit, depth);
        if (!is_added)
            return false;
        start = end;
    }
    return true;
}

bool layout_add_lines(struct page *page, struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lines[i].bbox = layout_line_box(&lines[i]);
    return add_region(page, lines, count, layout_median_height(lines, count, page->arena), 0);
}
