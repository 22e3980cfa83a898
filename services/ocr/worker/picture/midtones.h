#pragma once

/*
 * Text in colours on a page of black text. The engine parts ink from paper by one threshold for the
 * whole page; blue or green headings are as light as the threshold, and were lost whole.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/status.h"

struct Pix;

/*
 * Makes letters dark that are of a middle grey and hang together with nothing dark.
 *
 * @grey: depth 8, dark ink on light paper; changed where there are such letters.
 *
 * What is paler than three tenths of the way from paper to ink, as the other side of a sheet that
 * shows through, is left as it is; so is what fills its box, what is larger than letters, and what
 * is not of one grey.
 *
 * Method: on a reduced picture of darkest pixels, what is dark grows over all that is no paper
 * (leptonica, seedfill.c); what it does not reach are the letters.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. Costs about a millisecond a
 * megapixel to see that there is nothing to do.
 */
status_code midtones_darken(struct Pix *grey, struct status *st) _must_check_;
