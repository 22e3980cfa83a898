#pragma once

/*
 * Turning and straightening of page images. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/image.h"

/* Turns by quarters clockwise (0 to 3). RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. */
status_code prepare_turn(struct image *image, uint32_t quarter_turns,
                         struct status *st) _must_check_;

/*
 * Straightens a page whose lines lie askew.
 *
 * @image: grown so that no corner is cut, unless that made it larger than image.h allows.
 * @ret_skew_degrees: clockwise skew that was removed, in [-15, 15]; 0 when the lines lie straight
 *     enough for recognition (within 0.5 degrees) or none are seen.
 *
 * Method: leptonica's search for the angle at which neighbouring rows differ most. Takes about as
 * long as decoding the page.
 */
status_code prepare_straighten(struct image *image, float *ret_skew_degrees,
                               struct status *st) _must_check_;
