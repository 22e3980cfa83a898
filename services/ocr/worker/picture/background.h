#pragma once

/*
 * Even paper under uneven light, and dark ink: for photographs, the gutters of books, pale copies,
 * white text on black. Thread rule: one thread at a time.
 *
 * Works on depth 8 without colour map. What fails for want of memory fails with RESOURCE_EXHAUSTED
 * PAGE_TOO_LARGE.
 */

#include <stdbool.h>

#include "lib/base/status.h"

struct Pix;

/*
 * True when the page is light text on dark paper: in most places that have both, there is more of
 * the dark. False where there is too little to tell.
 *
 * Costs about a millisecond a megapixel.
 */
bool background_is_dark(struct Pix *grey);

/*
 * Makes the paper white and the ink dark, where the light is uneven or the contrast weak.
 *
 * @ret_even: a new picture of the same size, the caller's; NULL when nothing needs doing.
 *
 * Method: the paper is what a grey closing leaves of a reduced picture (leptonica, adaptmap.c);
 * each pixel is divided by it, and the range between ink and paper stretched where it is short.
 * Costs about two milliseconds a megapixel to see that nothing needs doing, else ten.
 */
status_code background_even(struct Pix *grey, struct Pix **ret_even,
                            struct status *st) _must_check_;
