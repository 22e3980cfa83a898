#include "services/ocr/worker/layout.h"

#include <stdlib.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/layout_internal.h"
#include "services/ocr/worker/layout_order.h"
#include "services/ocr/worker/layout_stacks.h"
#include "services/ocr/worker/layout_torn.h"
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
    return layout_compare_left(x->bbox, y->bbox);
}

static int compare_left(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return layout_compare_left(x->bbox, y->bbox);
}

static int compare_right(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return layout_compare_right(x->bbox, y->bbox);
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

/* True when most lines stand: they are read from the right, each downwards. */
static bool is_standing(const struct line *lines, size_t count)
{
    size_t standing = 0;

    for (size_t i = 0; i < count; i++)
        standing += lines[i].direction == DIRECTION_TOP_TO_BOTTOM;
    return standing * 2 > count;
}

/* Where a line would stand on a page that is read from the top left. */
static struct bbox as_from_top_left(struct bbox box, bool is_standing, bool is_from_right)
{
    if (is_standing)
        return (struct bbox){box.y0, -box.x1, box.y1, -box.x0};
    return is_from_right ? (struct bbox){-box.x1, box.y0, -box.x0, box.y1} : box;
}

static float size_of(const struct line *line, bool stands)
{
    if (line->size > 0)
        return line->size;
    return (float)(stands ? line->bbox.x1 - line->bbox.x0 : line->bbox.y1 - line->bbox.y0);
}

/* Lines that stand, from the right. Makes a block of them. */
static bool add_standing(struct page *page, struct line *lines, size_t count)
{
    struct block *block = page_add_block(page);

    if (block == NULL)
        return false;
    qsort(lines, count, sizeof(*lines), compare_right);
    for (size_t i = 0; i < count; i++) {
        struct line *line = block_add_line(page, block);
        if (line == NULL)
            return false;
        *line = lines[i];
    }
    return true;
}

/* The lines of one stack, as a block. @members: room for `count`. */
static bool add_stack(struct page *page, const struct layout_item *items, size_t count,
                      size_t stack, bool stands, struct line *members)
{
    size_t member_count = 0;

    for (size_t i = 0; i < count; i++)
        if (items[i].stack == stack)
            members[member_count++] = *items[i].line;
    return stands ? add_standing(page, members, member_count)
                  : add_column(page, members, member_count);
}

bool layout_add_lines(struct page *page, struct line *lines, size_t count)
{
    bool stands = is_standing(lines, count), from_right = is_right_to_left(lines, count);
    struct layout_item *items = ARENA_NEW_ARRAY(page->arena, struct layout_item, count + 1);
    struct line *members = ARENA_NEW_ARRAY(page->arena, struct line, count + 1);
    struct layout_stack *stacks;
    size_t stack_count;

    if (items == NULL || members == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        lines[i].bbox = layout_line_box(&lines[i]);
    if (!stands && !layout_torn_mend(page, lines, count, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct layout_item){
            .line = &lines[i],
            .box = as_from_top_left(lines[i].bbox, stands, from_right),
            .size = size_of(&lines[i], stands),
            .words = count_words(&lines[i]),
        };
    }
    if (!layout_stacks_make(items, count, page->arena, &stacks, &stack_count))
        return false;
    size_t *order = ARENA_NEW_ARRAY(page->arena, size_t, stack_count + 1);
    if (order == NULL || !layout_order_find(stacks, stack_count, page->arena, order))
        return false;
    for (size_t i = 0; i < stack_count; i++)
        if (!add_stack(page, items, count, order[i], stands, members))
            return false;
    return true;
}
