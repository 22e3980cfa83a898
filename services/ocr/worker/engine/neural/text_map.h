#pragma once

/*
 * From a map of where text is to boxes around its lines: what follows the network in
 * differentiable binarization.
 *
 * The map is cut at a threshold and closed by a pixel; each connected piece becomes the smallest
 * rectangle around it, is kept when the map is sure of what is inside, and grows by what the
 * network was trained to leave away around the glyphs.
 * Source: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (2020),
 * section 3.4; thresholds as PP-OCR ships them. Connected pieces: runs and union-find (He, Chao and
 * Suzuki, 2008). Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/worker/engine/neural/geometry.h"

enum {
    /* More pieces than that on one page are no text; the rest is left out. */
    TEXT_BOXES_MAX = 4000,
};

/* Probability of text by pixel, row by row; borrowed. */
struct text_map {
    const float *probability;
    int32_t width;
    int32_t height;
};

/* A line of text, or a piece of one. */
struct text_box {
    struct point corners[4]; /* from the top left one, clockwise; in pixels of the page */
    float score;             /* mean probability inside, 0 to 1 */
};

/*
 * @scale_x, @scale_y: pixels of the page for one of the map.
 * @arena: holds the boxes, and what is needed in between.
 * @ret_boxes: in no particular order; NULL when there are none. They may stand over the page's
 *     edges by what they grew.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full.
 */
status_code text_map_find_boxes(const struct text_map *map, float scale_x, float scale_y,
                                struct arena *arena, struct text_box **ret_boxes, size_t *ret_count,
                                struct status *st) _must_check_;
