#include "services/ocr/worker/layout_order.h"

#include <stdlib.h>

#include "services/ocr/worker/layout_box.h"

enum {
    /* More are no columns of text: they are read row by row. */
    STACKS_MAX = 512,
    NONE = STACKS_MAX,
};

struct order {
    const struct layout_stack *stacks;
    size_t count;
    bool *is_before; /* count x count: the first of both comes first */
    bool *is_done;
    int32_t body; /* usual height of lines */
};

static bool is_above(struct bbox a, struct bbox b)
{
    return a.y0 != b.y0 ? a.y0 < b.y0 : a.x0 < b.x0;
}

/* True when one reaches over part of the other: boxes of lines may touch by a little. */
static bool overlap(const struct layout_stack *a, const struct layout_stack *b)
{
    int32_t width = layout_least(layout_width(a->box), layout_width(b->box));

    return layout_common_width(a->box, b->box) * 10 > width;
}

/* True when a stack that reaches over both lies between their tops. */
static bool are_parted(const struct order *order, const struct layout_stack *a,
                       const struct layout_stack *b)
{
    const struct layout_stack *high = is_above(a->box, b->box) ? a : b, *low = high == a ? b : a;

    for (size_t i = 0; i < order->count; i++) {
        const struct layout_stack *between = &order->stacks[i];
        if (between != a && between != b && overlap(between, a) && overlap(between, b) &&
            between->box.y0 >= high->box.y1 && between->box.y1 <= low->box.y1)
            return true;
    }
    return false;
}

/* True when `low` goes on with the column that `high` is text of: text itself, or a heading. */
static bool is_of_column(const struct layout_stack *high, const struct layout_stack *low)
{
    enum { GAP_LINES = 4 };
    int32_t height = high->line_height;

    return high->is_text && is_above(high->box, low->box) &&
           (low->is_text || low->box.y0 - high->box.y1 < GAP_LINES * height) &&
           abs(high->box.x0 - low->box.x0) < 2 * height && low->box.x1 < high->box.x1 + 2 * height;
}

/* True when the column of `right` goes on beside `left`, which stands lower, or that of `left`
 * began beside `right`. */
static bool goes_on_beside(const struct order *order, const struct layout_stack *left,
                           const struct layout_stack *right)
{
    enum { GAP_LINES = 6 }; /* from text to a heading in the other column */

    if (layout_common_height(left->box, right->box) > 0)
        return true;
    if (is_above(left->box, right->box))
        return false;
    for (size_t i = 0; i < order->count; i++) {
        const struct layout_stack *other = &order->stacks[i];
        if (other == left || other == right)
            continue;
        if (overlap(other, right) && !overlap(other, left) && other->is_text &&
            layout_common_height(other->box, left->box) > 0)
            return true;
        if (is_of_column(other, left) && !overlap(other, right) &&
            -layout_common_height(other->box, right->box) < GAP_LINES * other->line_height)
            return true;
    }
    return false;
}

static bool comes_before(const struct order *order, const struct layout_stack *a,
                         const struct layout_stack *b)
{
    if (overlap(a, b))
        return is_above(a->box, b->box);
    return a->box.x0 < b->box.x0 && goes_on_beside(order, a, b) && !are_parted(order, a, b);
}

/* Large letters between columns of small ones, which need not be read at their place. */
static bool is_insert(const struct order *order, const struct layout_stack *stack)
{
    return stack->line_height * 10 > order->body * 16;
}

/* True when nothing that is left has to come first. */
static bool is_free(const struct order *order, size_t stack, bool minds_inserts)
{
    for (size_t i = 0; i < order->count; i++)
        if (!order->is_done[i] && order->is_before[i * order->count + stack] &&
            (minds_inserts || !is_insert(order, &order->stacks[i])))
            return false;
    return true;
}

/* True when a stack goes on with the column of the one before: text as wide, or the few lines of
 * its end. */
static bool continues(const struct layout_stack *before, const struct layout_stack *stack)
{
    enum { GAP_TEXT = 6, GAP_END = 3 };
    int32_t height = before->line_height, gap = stack->box.y0 - before->box.y1;
    bool is_of_size =
        stack->line_height * 10 < height * 14 && height * 10 < stack->line_height * 14;

    if (abs(stack->box.x0 - before->box.x0) > 2 * height || stack->box.y0 < before->box.y0 ||
        stack->box.x1 > before->box.x1 + 2 * height || !is_of_size)
        return false;
    return gap < GAP_END * height || (stack->is_text && gap < GAP_TEXT * height &&
                                      stack->box.x1 > before->box.x1 - 2 * height);
}

static size_t choose(const struct order *order, size_t before, bool minds_inserts)
{
    size_t best = NONE;

    for (size_t i = 0; i < order->count; i++) {
        if (order->is_done[i] || !is_free(order, i, minds_inserts))
            continue;
        if (before != NONE && continues(&order->stacks[before], &order->stacks[i]))
            return i;
        if (best == NONE || is_above(order->stacks[i].box, order->stacks[best].box))
            best = i;
    }
    return best;
}

/* The topmost that is left. */
static size_t choose_any(const struct order *order)
{
    size_t best = NONE;

    for (size_t i = 0; i < order->count; i++)
        if (!order->is_done[i] &&
            (best == NONE || is_above(order->stacks[i].box, order->stacks[best].box)))
            best = i;
    return best;
}

/* Height of the lines that hold most words. */
static int32_t find_body(const struct layout_stack *stacks, size_t count)
{
    int64_t heights = 0, words = 0;

    for (size_t i = 0; i < count; i++) {
        heights += (int64_t)stacks[i].line_height * (int64_t)stacks[i].word_count;
        words += (int64_t)stacks[i].word_count;
    }
    return words > 0 ? (int32_t)(heights / words) : 1;
}

/* --- Too many to compare --- */

struct place {
    struct bbox box;
    size_t stack;
};

static int compare_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return is_above(x->box, y->box) ? -1 : is_above(y->box, x->box);
}

static bool order_by_rows(const struct layout_stack *stacks, size_t count, struct arena *arena,
                          size_t *ret_order)
{
    struct place *places = ARENA_NEW_ARRAY(arena, struct place, count);

    if (places == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){stacks[i].box, i};
    qsort(places, count, sizeof(*places), compare_place);
    for (size_t i = 0; i < count; i++)
        ret_order[i] = places[i].stack;
    return true;
}

bool layout_order_find(const struct layout_stack *stacks, size_t count, struct arena *arena,
                       size_t *ret_order)
{
    struct order order = {.stacks = stacks, .count = count};
    size_t before = NONE;

    if (count > STACKS_MAX)
        return order_by_rows(stacks, count, arena, ret_order);
    order.is_before = ARENA_NEW_ARRAY(arena, bool, count *count + 1);
    order.is_done = ARENA_NEW_ARRAY(arena, bool, count + 1);
    if (order.is_before == NULL || order.is_done == NULL)
        return false;
    order.body = find_body(stacks, count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            order.is_before[i * count + j] = i != j && comes_before(&order, &stacks[i], &stacks[j]);
    for (size_t placed = 0; placed < count; placed++) {
        size_t next = choose(&order, before, true);
        /* In a circle: what large letters lie between is read as if they were not there. */
        if (next == NONE)
            next = choose(&order, before, false);
        if (next == NONE)
            next = choose_any(&order);
        order.is_done[next] = true;
        ret_order[placed] = before = next;
    }
    return true;
}
