#pragma once

/*
 * How boxes of lines lie to each other, and what they are sorted by. Private to the parts of
 * layout.h. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/ocr/worker/document.h"

static inline int32_t layout_least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t layout_most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t layout_width(struct bbox box)
{
    return box.x1 - box.x0;
}

static inline int32_t layout_height(struct bbox box)
{
    return box.y1 - box.y0;
}

/* Of two sides; boxes are within the limits of pages. */
static inline int32_t layout_middle(int32_t from, int32_t to)
{
    return from + (to - from) / 2;
}

static inline int32_t layout_middle_height(struct bbox box)
{
    return layout_middle(box.y0, box.y1);
}

/* How much of both lies side by side or beneath each other; negative: so far apart. */
static inline int32_t layout_common_width(struct bbox a, struct bbox b)
{
    return layout_least(a.x1, b.x1) - layout_most(a.x0, b.x0);
}

static inline int32_t layout_common_height(struct bbox a, struct bbox b)
{
    return layout_least(a.y1, b.y1) - layout_most(a.y0, b.y0);
}

/* True when half of one is at the height of the other. */
static inline bool layout_is_beside(struct bbox a, struct bbox b)
{
    return layout_common_height(a, b) * 2 > layout_least(layout_height(a), layout_height(b));
}

/* True when the middle of each is at the height of the other. */
static inline bool layout_is_in_row(struct bbox a, struct bbox b)
{
    int32_t of_a = layout_middle_height(a), of_b = layout_middle_height(b);

    return of_a < b.y1 && of_a > b.y0 && of_b < a.y1 && of_b > a.y0;
}

/* For comparisons of qsort(): from the left, and by rows from the top. */
static inline int layout_compare_left(struct bbox a, struct bbox b)
{
    return (a.x0 > b.x0) - (a.x0 < b.x0);
}

static inline int layout_compare_right(struct bbox a, struct bbox b)
{
    return (a.x1 < b.x1) - (a.x1 > b.x1);
}

static inline int layout_compare_middle(struct bbox a, struct bbox b)
{
    int32_t of_a = layout_middle_height(a), of_b = layout_middle_height(b);

    return of_a != of_b ? (of_a < of_b ? -1 : 1) : layout_compare_left(a, b);
}

/* True when lines of such heights may be of one text: a short word has half the height of one with
 * an ascender and a descender. */
static inline bool layout_are_alike(struct bbox a, struct bbox b)
{
    int32_t low = layout_least(layout_height(a), layout_height(b));

    return layout_most(layout_height(a), layout_height(b)) * 10 <= low * 22;
}
