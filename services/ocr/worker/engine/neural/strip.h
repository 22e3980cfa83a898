#pragma once

/*
 * Lines of text as the networks take them: scaled to one height, side by side in a batch.
 *
 * Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/text_line.h"

enum { STRIP_CHANNELS = 3 };

/* Strips of one size, one behind the other: for each its channels, each of height x width. */
struct strip_batch {
    float *values;
    size_t count;
    int32_t width;
    int32_t height;
};

/* The pixels of a line, cut out of the page and scaled. */
struct strip {
    const float *values; /* of one channel, -1 black to 1 white */
    size_t stride;
    int32_t width; /* of the line; what is right of it in the batch is 0 */
    int32_t height;
    int32_t own_y0; /* rows that are the line's own, half-open: raster_own_rows() */
    int32_t own_y1;
};

/* How wide a line becomes when it is scaled to a height, at most `width_max`. */
int32_t strip_width(const struct text_line *line, int32_t height, int32_t width_max);

/*
 * Writes a line into a place of the batch.
 *
 * @width: as strip_width() says, at most the batch's.
 * @scratch: for what is needed in between. False when it is full.
 */
bool strip_write(const struct raster *page, const struct text_line *line, int32_t width,
                 struct strip_batch *batch, size_t place, struct arena *scratch,
                 struct strip *ret_strip);
