#pragma once

/*
 * Rows of text, found fast: not all of a page's, and not in reading order, but pieces that are
 * one line each, as good as surely. For a look at a page before it is read.
 *
 * Thread rule: one thread at a time.
 */

#include <stddef.h>

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"

struct Pix;

/*
 * @ink: as ink_find() makes it; text lies across, and straight.
 * @letter_height: of ink_letter_height().
 * @ret_rows: from top to bottom; room for `max`.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. Costs a few milliseconds a
 * megapixel. Method: ink is smeared across (K. Y. Wong, R. G. Casey, F. M. Wahl, "Document Analysis
 * System", 1982), and what then hangs together is a row where it has the height of one.
 */
status_code text_rows_find(struct Pix *ink, float letter_height, size_t max, struct bbox *ret_rows,
                           size_t *ret_count, struct status *st) _must_check_;
