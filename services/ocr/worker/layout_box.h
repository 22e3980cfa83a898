#pragma once

/*
 * How boxes of lines lie to each other. Private to the parts of layout.h. Thread rule: any thread.
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

/* True when lines of such heights may be of one text: a short word has half the height of one with
 * an ascender and a descender. */
static inline bool layout_are_alike(struct bbox a, struct bbox b)
{
    int32_t low = layout_least(layout_height(a), layout_height(b));

    return layout_most(layout_height(a), layout_height(b)) * 10 <= low * 22;
}
