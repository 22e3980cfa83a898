#pragma once

/*
 * Boxes as files may hold them: inside the page, never inside out. Only computes; any thread.
 */

#include <stdbool.h>

#include "ocrmesh/document/v1/document.pb-c.h"

struct box {
    int32_t x0, y0, x1, y1; /* half-open, x0 <= x1 and y0 <= y1, all of them at least 0 */
};

/* @page: its size cuts the box; a page of unknown size cuts nothing. False when `bbox` is NULL. */
bool box_of(const Ocrmesh__Document__V1__BoundingBox *bbox, const Ocrmesh__Document__V1__Page *page,
            struct box *ret_box);
