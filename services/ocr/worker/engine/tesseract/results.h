#pragma once

/*
 * Turns what tesseract recognised into blocks, lines and words of a page.
 *
 * Thread rule: one thread at a time.
 */

#include <tesseract/capi.h>

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"

/*
 * Appends to the page.
 *
 * @api: after TessBaseAPIRecognize().
 * @dpi: that it was told; 0: none. Boxes and sizes are those of the picture that it read.
 * @ret_quarter_turns: clockwise, that would make most words upright: tesseract reads blocks that
 *     lie on their side, too.
 */
status_code results_collect(TessBaseAPI *api, float dpi, struct page *page,
                            uint32_t *ret_quarter_turns, struct status *st) _must_check_;

/*
 * How sure the characters are that were recognised, and what they say.
 *
 * @arena: holds the text.
 */
status_code results_sum_up(TessBaseAPI *api, struct arena *arena, struct engine_trial *ret,
                           struct status *st) _must_check_;

/* Boxes of the lines of text on the image that `api` was given; at most `max`. */
size_t results_find_lines(TessBaseAPI *api, size_t max, struct bbox *ret_boxes);
