#pragma once

/*
 * Grey pixels in rows without gaps, as the networks' inputs are made of them.
 *
 * Memory is an arena's. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/ocr/worker/engine/neural/geometry.h"
#include "services/ocr/worker/image.h"

/* 0 black to 255 white. Both sides are at least 1. */
struct raster {
    uint8_t *pixels;
    int32_t width;
    int32_t height;
};

/* The pixels of a page. False when the arena is full. */
bool raster_from_image(const struct image *image, struct arena *arena, struct raster *ret_raster);

/* True when an image shows what the raster would when it is turned by so many quarters clockwise.
 */
bool raster_is_of_image(const struct raster *raster, uint32_t quarters, const struct image *image);

/* Makes the raster what the image shows, which raster_is_of_image(). */
void raster_turn_to_image(struct raster *raster, uint32_t quarters, const struct image *image);

/* An image of them, with a white margin on all sides; NULL when out of memory. */
struct image *raster_to_image(const struct raster *raster, int32_t margin);

/*
 * Cuts a parallelogram out, turned so that its first corner is at the top left.
 *
 * @corners: from the new image's top left corner, clockwise; anywhere, outside of the page is what
 *     its edge shows.
 * @ret_raster: as long and high as the longer ones of the sides.
 *
 * False when the arena is full. Pixels between pixels are mixed of their four neighbours.
 */
bool raster_cut(const struct raster *page, const struct point corners[static 4],
                struct arena *arena, struct raster *ret_raster);

/*
 * The rows of a cut-out line that are its own: of the lines above and beneath, the box of a line
 * often holds the feet or the heads.
 *
 * @ret_y0, @ret_y1: half-open. What is inked from an edge to the first empty row, within the outer
 *     third, belongs to a neighbour.
 */
void raster_own_rows(const struct raster *line, int32_t *ret_y0, int32_t *ret_y1);

/* Makes all other rows white, or whatever most of the line is. */
void raster_clear_other_rows(struct raster *line, int32_t y0, int32_t y1);

/* Tells of each column of a line whether it is inked; room for as many as it is wide. */
void raster_inked_columns(const struct raster *line, bool *ret_inked);

/* Where raster_scale() writes: value = grey * gain + offset, rows `stride` floats apart. */
struct raster_target {
    float *values;
    size_t stride;
    int32_t width;
    int32_t height;
    float gain;
    float offset;
};

/*
 * Scales to the target's size. Larger: linear between pixels. Smaller: each pixel is the mean, with
 * weights that fall off linearly, of all that it covers, so that thin strokes do not vanish.
 *
 * @scratch: for what is needed in between. False when it is full.
 * Method: separable triangle filter (Turkowski, "Filters for common resampling tasks", 1990).
 */
bool raster_scale(const struct raster *source, const struct raster_target *target,
                  struct arena *scratch);
