#include "services/ocr/worker/layout.h"

#include <stdlib.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/layout_internal.h"
#include "services/ocr/worker/normalize.h"

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

static int compare_right(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return (x->bbox.x1 < y->bbox.x1) - (x->bbox.x1 > y->bbox.x1);
}

struct gutter {
    int32_t x0, x1;
};

/* True when the line runs across the gutter or ends within it. */
static bool crosses(const struct line *line, struct gutter gutter)
{
    return line->bbox.x0 < gutter.x1 && line->bbox.x1 > gutter.x0;
}

/* How much of the line's height the other stands beside, in pixels; they do not overlap. */
static int32_t beside(const struct line *line, const struct line *other)
{
    int32_t from = line->bbox.y0 > other->bbox.y0 ? line->bbox.y0 : other->bbox.y0;
    int32_t to = line->bbox.y1 < other->bbox.y1 ? line->bbox.y1 : other->bbox.y1;

    return to - from;
}

/* True when text stands on both sides of the line: what lies in a gutter and has columns beside it
 * is a caption, a pull quote or the like, and parts no columns. @lines: from the top. */
static bool is_float(const struct line *lines, size_t count, size_t number)
{
    enum { NEAR = 16 /* lines each way that may stand beside it */ };
    const struct line *line = &lines[number];
    size_t from = number > NEAR ? number - NEAR : 0;
    size_t to = count - number > NEAR ? number + NEAR : count;
    bool is_beside[2] = {false};

    for (size_t i = from; i < to; i++) {
        bool is_left = lines[i].bbox.x1<line->bbox.x0, is_right = lines[i].bbox.x0> line->bbox.x1;
        if ((is_left || is_right) && beside(line, &lines[i]) * 2 > line->bbox.y0 - line->bbox.y1)
            is_beside[is_right] = true;
    }
    return is_beside[0] && is_beside[1];
}

/* Parts the floats of a gutter from the other lines, both from the top; returns how many lines are
 * none. @parted: as many lines as there are. */
static size_t part_floats(const struct line *lines, size_t count, struct gutter gutter,
                          struct line *parted)
{
    size_t kept = 0, floats = 0;

    for (size_t i = 0; i < count; i++) {
        if (crosses(&lines[i], gutter) && is_float(lines, count, i))
            parted[count - ++floats] = lines[i];
        else
            parted[kept++] = lines[i];
    }
    return kept;
}

/* Lines from `start` on, from the top, that do not cross the gutter; returns where they end. */
static size_t segment_end(const struct line *lines, size_t count, size_t start,
                          struct gutter gutter)
{
    size_t end = start;

    while (end < count && !crosses(&lines[end], gutter))
        end++;
    return end;
}

/* Words of a line; of scripts that part none by spaces, two characters are taken for one. */
static size_t count_words(const struct line *line)
{
    enum { CHARACTERS_PER_WORD = 2 };
    size_t count = 0;

    for (size_t w = 0; w < line->word_count; w++) {
        const char *text = line->words[w].text;
        bool is_unspaced = text != NULL && normalize_is_unspaced(utf8_first(text));
        count +=
            is_unspaced ? (utf8_length(text) + CHARACTERS_PER_WORD - 1) / CHARACTERS_PER_WORD : 1;
    }
    return count;
}

/* Running text on both sides: short pieces side by side are the cells of a table. */
static bool has_columns(const struct line *lines, size_t count, struct gutter gutter)
{
    enum { LINES_MIN = 3, WORDS_MIN = 3 };
    size_t lines_of[2] = {0}, words_of[2] = {0};

    for (size_t i = 0; i < count; i++) {
        int side = lines[i].bbox.x0 >= gutter.x1;
        lines_of[side]++;
        words_of[side] += count_words(&lines[i]);
    }
    for (int side = 0; side < 2; side++)
        if (lines_of[side] < LINES_MIN || words_of[side] < WORDS_MIN * lines_of[side])
            return false;
    return true;
}

/* Where both columns have begun: what stands above is not part of them. @lines: from the top. */
static size_t columns_start(const struct line *lines, size_t count, struct gutter gutter,
                            int32_t unit)
{
    int32_t tops[2] = {INT32_MAX, INT32_MAX};
    size_t start = 0;

    for (size_t i = count; i-- > 0;)
        tops[lines[i].bbox.x0 >= gutter.x1] = lines[i].bbox.y0;
    int32_t top = (tops[0] > tops[1] ? tops[0] : tops[1]) - unit / 2;
    while (start < count && lines[start].bbox.y1 <= top)
        start++;
    return start;
}

/* Lines that the gutter has in columns. */
static size_t count_in_columns(const struct line *lines, size_t count, struct gutter gutter)
{
    size_t in_columns = 0;

    for (size_t start = 0; start < count;) {
        size_t end = segment_end(lines, count, start, gutter);
        if (has_columns(lines + start, end - start, gutter))
            in_columns += end - start;
        start = end > start ? end : start + 1;
    }
    return in_columns;
}

static int compare_gutters(const void *a, const void *b)
{
    const struct gutter *x = a, *y = b;

    if (x->x1 != y->x1)
        return x->x1 < y->x1 ? -1 : 1;
    return (x->x0 < y->x0) - (x->x0 > y->x0);
}

/* Where columns may part, the narrowest of those that end at one place; returns their number. */
static size_t list_gutters(const struct line *lines, size_t count, int32_t unit,
                           struct gutter *gutters)
{
    size_t found = 0, kept = 0;

    /* A gutter begins where a line ends. */
    for (size_t i = 0; i < count; i++) {
        struct gutter gutter = {lines[i].bbox.x1, INT32_MAX};
        for (size_t j = 0; j < count; j++)
            if (lines[j].bbox.x0 > gutter.x0 && lines[j].bbox.x0 < gutter.x1)
                gutter.x1 = lines[j].bbox.x0;
        if (gutter.x1 != INT32_MAX && gutter.x1 - gutter.x0 >= unit)
            gutters[found++] = gutter;
    }
    qsort(gutters, found, sizeof(*gutters), compare_gutters);
    for (size_t i = 0; i < found; i++)
        if (i == 0 || gutters[i].x1 != gutters[i - 1].x1)
            gutters[kept++] = gutters[i];
    return kept;
}

/* Room for the work on a region. */
struct room {
    struct line *parted;
    struct gutter *gutters;
};

/* The gutter with the most lines in its columns. @lines: from the top. */
static bool find_gutter(const struct line *lines, size_t count, int32_t unit,
                        const struct room *room, struct gutter *ret_gutter)
{
    enum { FLOATS_SHARE = 4 /* one line of so many, at most */ };
    size_t gutter_count = list_gutters(lines, count, unit, room->gutters), most = 0;

    for (size_t i = 0; i < gutter_count; i++) {
        size_t kept = part_floats(lines, count, room->gutters[i], room->parted);
        if ((count - kept) * FLOATS_SHARE > count)
            continue;
        size_t in_columns = count_in_columns(room->parted, kept, room->gutters[i]);
        if (in_columns > most) {
            most = in_columns;
            *ret_gutter = room->gutters[i];
        }
    }
    return most > 0;
}

/* True when most lines with a direction are read from the right. */
static bool is_right_to_left(const struct line *lines, size_t count)
{
    size_t from_right = 0, from_left = 0;

    for (size_t i = 0; i < count; i++) {
        from_right += lines[i].direction == DIRECTION_RIGHT_TO_LEFT;
        from_left += lines[i].direction == DIRECTION_LEFT_TO_RIGHT;
    }
    return from_right > from_left;
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
        qsort(lines + start, end - start, sizeof(*lines),
              is_right_to_left(lines + start, end - start) ? compare_right : compare_left);
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

/* Left of the gutter, then right of it; the other way round where lines are read so. */
static bool add_sides(struct page *page, struct line *lines, size_t count, struct gutter gutter,
                      int32_t unit, int depth)
{
    size_t left = 0;

    qsort(lines, count, sizeof(*lines), compare_left);
    while (left < count && lines[left].bbox.x0 < gutter.x1)
        left++;
    if (is_right_to_left(lines, count))
        return add_region(page, lines + left, count - left, unit, depth + 1) &&
               add_region(page, lines, left, unit, depth + 1);
    return add_region(page, lines, left, unit, depth + 1) &&
           add_region(page, lines + left, count - left, unit, depth + 1);
}

/* Columns, and what parts them: lines that cross the gutter. @lines: from the top. */
static bool add_columns(struct page *page, struct line *lines, size_t count, struct gutter gutter,
                        int32_t unit, int depth)
{
    /* What crosses the gutter parts the columns above from those beneath. */
    for (size_t start = 0; start < count;) {
        size_t end = start, columns_end = start;
        while (end < count) {
            columns_end = segment_end(lines, count, end, gutter);
            if (has_columns(lines + end, columns_end - end, gutter)) {
                end += columns_start(lines + end, columns_end - end, gutter, unit);
                break;
            }
            end = columns_end > end ? columns_end : end + 1;
        }
        if (end > start && !add_column(page, lines + start, end - start))
            return false;
        if (end == count)
            break;
        if (!add_sides(page, lines + end, columns_end - end, gutter, unit, depth))
            return false;
        start = columns_end;
    }
    return true;
}

static bool add_region(struct page *page, struct line *lines, size_t count, int32_t unit, int depth)
{
    const struct room room = {
        .parted = ARENA_NEW_ARRAY(page->arena, struct line, count + 1),
        .gutters = ARENA_NEW_ARRAY(page->arena, struct gutter, count + 1),
    };
    struct gutter gutter;

    if (room.parted == NULL || room.gutters == NULL)
        return false;
    if (count == 0)
        return true;
    qsort(lines, count, sizeof(*lines), compare_top);
    if (depth >= CUT_DEPTH_MAX || !find_gutter(lines, count, unit, &room, &gutter))
        return add_column(page, lines, count);
    /* Floats come after what they stand in. */
    size_t kept = part_floats(lines, count, gutter, room.parted);
    return add_columns(page, room.parted, kept, gutter, unit, depth) &&
           add_region(page, room.parted + kept, count - kept, unit, depth + 1);
}

bool layout_add_lines(struct page *page, struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lines[i].bbox = layout_line_box(&lines[i]);
    return add_region(page, lines, count, layout_median_height(lines, count, page->arena), 0);
}
