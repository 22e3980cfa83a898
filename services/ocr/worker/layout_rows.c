#include "services/ocr/worker/layout_rows.h"

#include <stdlib.h>

#include "services/ocr/worker/disjoint_sets.h"
#include "services/ocr/worker/layout_box.h"

/* Two stacks side by side, of which at least one is no running text. */
struct neighbours {
    size_t a, b; /* a: no text */
    int32_t gap;
};

static int compare_gap(const void *a, const void *b)
{
    const struct neighbours *x = a, *y = b;

    return (x->gap > y->gap) - (x->gap < y->gap);
}

/* In one row: tops, middles or feet of the letters, which are not all as high, at one height. */
static bool is_in_row(struct bbox a, struct bbox b)
{
    int32_t height = layout_least(layout_height(a), layout_height(b));
    int32_t apart = layout_least(abs(a.y0 - b.y0), abs(a.y1 - b.y1));

    apart = layout_least(apart, abs(a.y0 + a.y1 - b.y0 - b.y1) / 2);
    return layout_are_alike(a, b) && layout_is_beside(a, b) && apart <= layout_most(height / 5, 2);
}

/* The lines of each stack, one stack after the other. */
struct members {
    size_t *items;
    size_t *starts; /* by stack, and the end of the last */
};

static bool list_members(const struct layout_item *items, size_t count, size_t stack_count,
                         struct arena *arena, struct members *ret_members)
{
    struct members members = {ARENA_NEW_ARRAY(arena, size_t, count + 1),
                              ARENA_NEW_ARRAY(arena, size_t, stack_count + 2)};

    if (members.items == NULL || members.starts == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        members.starts[items[i].stack + 2]++;
    for (size_t s = 2; s < stack_count + 2; s++)
        members.starts[s] += members.starts[s - 1];
    for (size_t i = 0; i < count; i++)
        members.items[members.starts[items[i].stack + 1]++] = i;
    *ret_members = members;
    return true;
}

/* Lines of `a` that stand in one row with a line of `b`. @ret_gap: the least between two of them.
 */
static size_t count_rows(const struct layout_item *items, const struct members *members, size_t a,
                         size_t b, int32_t *ret_gap)
{
    size_t rows = 0;

    *ret_gap = INT32_MAX;
    for (size_t i = members->starts[a]; i < members->starts[a + 1]; i++) {
        bool has_row = false;
        for (size_t j = members->starts[b]; j < members->starts[b + 1]; j++) {
            struct bbox one = items[members->items[i]].box, other = items[members->items[j]].box;
            if (!is_in_row(one, other))
                continue;
            has_row = true;
            *ret_gap = layout_least(*ret_gap, -layout_common_width(one, other));
        }
        rows += has_row;
    }
    return rows;
}

/* True when a column of running text that does not reach over `other` goes on at `stack`: a heading
 * in it, a short paragraph. The text may be in many short paragraphs, none of which is a column by
 * itself; long lines tell them from cells. */
static bool is_of_column(const struct layout_stack *stacks, size_t count, size_t stack,
                         size_t other)
{
    enum { GAP_LINES = 6, LINES_MIN = 6, WORDS_MIN = 6 };
    struct bbox box = stacks[stack].box;
    size_t lines = 0, words = 0;

    for (size_t s = 0; s < count; s++) {
        struct bbox column = stacks[s].box;
        int32_t gap = -layout_common_height(box, column);
        int32_t height = stacks[s].line_height;
        if (s == stack || s == other || layout_common_width(box, column) * 2 <= layout_width(box) ||
            layout_common_width(column, stacks[other].box) > 0)
            continue;
        if (stacks[s].is_text && gap < GAP_LINES * height)
            return true;
        if (abs(box.x0 - column.x0) < 2 * height || abs(box.x1 - column.x1) < 2 * height) {
            lines += stacks[s].line_count;
            words += stacks[s].word_count;
        }
    }
    return lines >= LINES_MIN && words >= WORDS_MIN * lines;
}

/* The pairs whose rows are the same, the nearest first. */
static size_t find_neighbours(const struct layout_item *items, const struct members *members,
                              const struct layout_stack *stacks, size_t stack_count,
                              struct neighbours *ret_pairs, size_t pairs_max)
{
    const float part_min = 0.6f;
    size_t found = 0;

    for (size_t a = 0; a < stack_count; a++)
        for (size_t b = 0; b < stack_count && found < pairs_max; b++) {
            if (a == b || stacks[a].is_text ||
                layout_common_height(stacks[a].box, stacks[b].box) <= 0)
                continue;
            int32_t gap;
            size_t rows = count_rows(items, members, a, b, &gap);
            if ((float)rows < part_min * (float)stacks[a].line_count ||
                (is_of_column(stacks, stack_count, a, b) &&
                 (stacks[b].is_text || is_of_column(stacks, stack_count, b, a))))
                continue;
            ret_pairs[found++] = (struct neighbours){a, b, gap};
        }
    qsort(ret_pairs, found, sizeof(*ret_pairs), compare_gap);
    return found;
}

/* Sets of stacks that are joined. */
struct joins {
    size_t *parents;             /* by stack */
    struct layout_stack *joined; /* by root; box and is_text */
    size_t count;
};

/* Two roots become one, unless both are running text, or something that is would lie between. */
static void join(struct joins *joins, size_t a, size_t b)
{
    struct bbox box = bbox_union(joins->joined[a].box, joins->joined[b].box);

    if (a == b || (joins->joined[a].is_text && joins->joined[b].is_text))
        return;
    for (size_t s = 0; s < joins->count; s++) {
        const struct layout_stack *other = &joins->joined[s];
        if (s != a && s != b && joins->parents[s] == s && other->is_text &&
            bbox_area(bbox_intersection(box, other->box)) * 10 > bbox_area(other->box))
            return;
    }
    joins->parents[a] = b;
    joins->joined[b].box = box;
    joins->joined[b].is_text |= joins->joined[a].is_text;
}

bool layout_rows_join(const struct layout_item *items, size_t count, size_t *parents,
                      const struct layout_stack *stacks, size_t stack_count, struct arena *arena)
{
    size_t pairs_max = count * 4 + 16;
    struct neighbours *pairs = ARENA_NEW_ARRAY(arena, struct neighbours, pairs_max);
    size_t *firsts = ARENA_NEW_ARRAY(arena, size_t, stack_count + 1);
    struct joins joins = {ARENA_NEW_ARRAY(arena, size_t, stack_count + 1),
                          ARENA_NEW_ARRAY(arena, struct layout_stack, stack_count + 1),
                          stack_count};
    struct members members;

    if (pairs == NULL || firsts == NULL || joins.parents == NULL || joins.joined == NULL ||
        !list_members(items, count, stack_count, arena, &members))
        return false;
    for (size_t s = 0; s < stack_count; s++) {
        joins.parents[s] = s;
        joins.joined[s] = stacks[s];
        firsts[s] = disjoint_set_of(parents, members.items[members.starts[s]]);
    }
    size_t found = find_neighbours(items, &members, stacks, stack_count, pairs, pairs_max);
    for (size_t p = 0; p < found; p++)
        join(&joins, disjoint_set_of(joins.parents, pairs[p].a),
             disjoint_set_of(joins.parents, pairs[p].b));
    for (size_t s = 0; s < stack_count; s++)
        parents[firsts[s]] = firsts[disjoint_set_of(joins.parents, s)];
    return true;
}
