#include "services/ocr/worker/layout_stacks.h"

#include <stdlib.h>

#include "services/ocr/worker/disjoint_sets.h"
#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/layout_rows.h"

enum { NONE = -1 };

/* Of lines of one stack, in heights of the lower one of both. */
static const float gap_max = 2.0f;

/* --- Chains --- */

/* True when each reaches far beyond the other on one side: a quotation half beneath a column. */
static bool is_staggered(struct bbox a, struct bbox b, int32_t height)
{
    enum { FAR_LINES = 4 }; /* more than an indent */

    return (a.x0 - b.x0 > FAR_LINES * height && a.x1 - b.x1 > FAR_LINES * height) ||
           (b.x0 - a.x0 > FAR_LINES * height && b.x1 - a.x1 > FAR_LINES * height);
}

/* True when `low` stands beneath `high`, near enough to go on with it. */
static bool is_next(struct bbox high, struct bbox low)
{
    int32_t height = layout_least(layout_height(high), layout_height(low));

    return low.y0 + low.y1 > high.y0 + high.y1 && !layout_is_beside(high, low) &&
           !is_staggered(high, low, height) &&
           (float)(low.y0 - high.y1) < gap_max * (float)height &&
           layout_common_width(high, low) * 2 > layout_least(layout_width(high), layout_width(low));
}

/* The nearest line beneath (`down`) or above; NONE where there is none, or several side by side. */
static int nearest(const struct layout_item *items, size_t count, size_t of, bool down)
{
    int found = NONE;
    bool is_alone = true;

    for (size_t i = 0; i < count; i++) {
        struct bbox box = items[i].box;
        if (i == of || !(down ? is_next(items[of].box, box) : is_next(box, items[of].box)))
            continue;
        if (found == NONE) {
            found = (int)i;
            continue;
        }
        struct bbox best = items[found].box;
        if (layout_is_beside(best, box)) {
            is_alone = false;
        } else if (down ? box.y0 < best.y0 : box.y1 > best.y1) {
            found = (int)i;
            is_alone = true;
        }
    }
    return is_alone ? found : NONE;
}

/* True when letters of both are about as large. */
static bool are_of_size(const struct layout_item *a, const struct layout_item *b)
{
    const float ratio_max = 1.6f;

    return a->size <= ratio_max * b->size && b->size <= ratio_max * a->size;
}

/* --- Sets of lines --- */

/* How lines go on: the next beneath and above each; NONE: there is none. */
struct links {
    int *down, *up;
};

/* True when at least two more lines follow a line, beneath or above it. */
static bool is_end_of_text(const int *nexts, size_t line)
{
    return nexts[line] != NONE && nexts[nexts[line]] != NONE;
}

/* True when `wide` reaches over text in a column beside the one that `narrow`, the line above it
 * (`is_low`) or beneath, is in: what begins beneath columns, or ends above them, is no part of the
 * first of them. */
static bool reaches_over_column(const struct layout_item *items, size_t count,
                                const struct links *links, size_t narrow, size_t wide, bool is_low)
{
    enum { WORDS_MIN = 3, GAP_LINES = 5 };
    struct bbox box = items[wide].box;
    int32_t height = layout_height(box);

    for (size_t i = 0; i < count; i++) {
        struct bbox other = items[i].box;
        bool is_near =
            is_low ? other.y1 < box.y0 + height / 2 && box.y0 - other.y1 < GAP_LINES * height
                   : layout_is_beside(other, items[narrow].box);
        if (is_near && items[i].words >= WORDS_MIN && other.x0 > box.x0 - height &&
            other.x1 < box.x1 + height && layout_common_width(items[narrow].box, other) <= 0 &&
            are_of_size(&items[wide], &items[i]) &&
            is_end_of_text(is_low ? links->up : links->down, i))
            return true;
    }
    return false;
}

static void find_links(const struct layout_item *items, size_t count, const struct links *links)
{
    for (size_t i = 0; i < count; i++)
        links->down[i] = links->up[i] = NONE;
    for (size_t i = 0; i < count; i++) {
        int next = nearest(items, count, i, true);
        if (next == NONE || !are_of_size(&items[i], &items[next]) ||
            nearest(items, count, (size_t)next, false) != (int)i)
            continue;
        links->down[i] = next;
        links->up[next] = (int)i;
    }
}

static int32_t gap_between(const struct layout_item *items, size_t high, size_t low)
{
    return items[low].box.y0 - items[high].box.y1;
}

/* The line that goes with what is above it no more, of a line and the next beneath; NONE: both do.
 * A heading between columns and what reaches over them stays with what is nearer. */
static int parted_line(const struct layout_item *items, size_t count, const struct links *links,
                       size_t line, size_t next)
{
    if (reaches_over_column(items, count, links, next, line, false))
        return (int)next;
    if (!reaches_over_column(items, count, links, line, next, true))
        return NONE;
    int above = links->up[line];
    bool is_heading =
        above != NONE && gap_between(items, (size_t)above, line) > gap_between(items, line, next);
    return (int)(is_heading ? line : next);
}

/* Lines that go on with each other; but columns are parted from what reaches over several. */
static bool chain(const struct layout_item *items, size_t count, struct arena *arena,
                  size_t *parents)
{
    const struct links links = {ARENA_NEW_ARRAY(arena, int, count + 1),
                                ARENA_NEW_ARRAY(arena, int, count + 1)};
    bool *is_parted = ARENA_NEW_ARRAY(arena, bool, count + 1);

    if (links.down == NULL || links.up == NULL || is_parted == NULL)
        return false;
    find_links(items, count, &links);
    for (size_t i = 0; i < count; i++) {
        if (links.down[i] == NONE)
            continue;
        int parted = parted_line(items, count, &links, i, (size_t)links.down[i]);
        if (parted != NONE)
            is_parted[parted] = true;
    }
    for (size_t i = 0; i < count; i++)
        if (links.up[i] != NONE && !is_parted[i])
            parents[disjoint_set_of(parents, i)] = disjoint_set_of(parents, (size_t)links.up[i]);
    return true;
}

/* --- Stacks --- */

/* What its own lines make of a stack. @starts: lines that begin where one beside them does. */
static bool is_running_text(const struct layout_stack *stack, size_t starts)
{
    /* Of two lines where these are long. */
    enum { LINES_MIN = 3, WORDS_MIN = 3, LONG_LINES_MIN = 2, LONG_WORDS_MIN = 6 };
    size_t lines = stack->line_count;
    bool is_enough = (lines >= LINES_MIN && stack->word_count >= WORDS_MIN * lines) ||
                     (lines >= LONG_LINES_MIN && stack->word_count >= LONG_WORDS_MIN * lines);

    return is_enough && starts * 2 > lines;
}

/* True when a line above or beneath it in its stack begins where it does. */
static bool shares_start(const struct layout_item *items, size_t count, size_t of)
{
    struct bbox box = items[of].box;
    int32_t height = layout_height(box);

    for (size_t i = 0; i < count; i++)
        if (i != of && items[i].stack == items[of].stack && !layout_is_beside(box, items[i].box) &&
            abs(items[i].box.x0 - box.x0) < height &&
            (float)-layout_common_height(box, items[i].box) < gap_max * (float)height)
            return true;
    return false;
}

/* Numbers the sets, and adds up what is in each. @starts: room for one number a stack. */
static size_t gather(struct layout_item *items, size_t count, size_t *parents, size_t *starts,
                     struct layout_stack *stacks)
{
    size_t stack_count = 0;

    for (size_t i = 0; i < count; i++)
        if (disjoint_set_of(parents, i) == i) {
            stacks[stack_count] = (struct layout_stack){0};
            starts[stack_count] = 0;
            items[i].stack = stack_count++;
        }
    for (size_t i = 0; i < count; i++) {
        items[i].stack = items[disjoint_set_of(parents, i)].stack;
        struct layout_stack *stack = &stacks[items[i].stack];
        stack->box = bbox_union(stack->box, items[i].box);
        stack->line_count++;
        stack->word_count += items[i].words;
        stack->line_height += (int32_t)items[i].size;
    }
    for (size_t s = 0; s < stack_count; s++)
        stacks[s].line_height =
            layout_most(stacks[s].line_height / (int32_t)stacks[s].line_count, 1);
    for (size_t i = 0; i < count; i++)
        starts[items[i].stack] += shares_start(items, count, i);
    for (size_t s = 0; s < stack_count; s++)
        stacks[s].is_text = is_running_text(&stacks[s], starts[s]);
    return stack_count;
}

bool layout_stacks_make(struct layout_item *items, size_t count, struct arena *arena,
                        struct layout_stack **ret_stacks, size_t *ret_count)
{
    struct layout_stack *stacks = ARENA_NEW_ARRAY(arena, struct layout_stack, count + 1);
    size_t *parents = ARENA_NEW_ARRAY(arena, size_t, count + 1);
    size_t *starts = ARENA_NEW_ARRAY(arena, size_t, count + 1);

    if (stacks == NULL || parents == NULL || starts == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        parents[i] = i;
    if (!chain(items, count, arena, parents))
        return false;
    size_t stack_count = gather(items, count, parents, starts, stacks);
    if (!layout_rows_join(items, count, parents, stacks, stack_count, arena))
        return false;
    *ret_count = gather(items, count, parents, starts, stacks);
    *ret_stacks = stacks;
    return true;
}
