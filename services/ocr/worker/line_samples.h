#pragma once

/*
 * A few lines of a page that stand for all of it, cut out as pictures of their own.
 *
 * Thread rule: one thread at a time.
 */

#include <stddef.h>

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

enum {
    LINE_SAMPLES_MAX = 4,
    /* Boxes that are looked at; a page of small print has 300 lines. */
    LINE_SAMPLES_BOXES_MAX = 1000,
};

struct line_samples {
    struct image *images[LINE_SAMPLES_MAX]; /* the fullest first; white around the text */
    size_t count;
};

/*
 * Cuts lines of usual height, spread over the page, each at its beginning.
 *
 * @boxes: of lines, upright on the image, in reading order; at most LINE_SAMPLES_BOXES_MAX.
 * @ret_samples: without any where no box is a line of letters.
 */
status_code line_samples_cut(const struct image *image, const struct bbox *boxes, size_t count,
                             struct line_samples *ret_samples, struct status *st) _must_check_;
void line_samples_deinit(struct line_samples *samples);
