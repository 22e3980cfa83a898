#pragma once

/*
 * Tells low letters from grain: of a screen of print, a fabric, or noise, whose pieces have the
 * size of letters here and there, but stand in no rows.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"

struct Pix;

/* Pieces of ink that a page has at least before it is held to be grain, and how many there are then
 * for each row of text. A row of letters has a hundred. */
enum {
    GRAIN_PIECES_MIN = 10 * 1000,
    GRAIN_PIECES_OF_ROW = 2000,
};

/*
 * @ink: as ink_find() makes it.
 * @letter_height: of ink_letter_height().
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. Costs a few milliseconds a
 * megapixel; of grain, twenty.
 */
status_code grain_is_all(struct Pix *ink, float letter_height, bool *ret_is_grain,
                         struct status *st) _must_check_;
