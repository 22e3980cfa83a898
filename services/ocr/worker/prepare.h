#pragma once

/*
 * Straightening of page images. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/image.h"

/*
 * Straightens a page whose lines lie askew. The straight image is the page's image from then on:
 * its boxes are pixels of it, and page.skew_degrees says how it came from the upright one (turned
 * by that much counter-clockwise around the middle, and grown on all sides alike).
 *
 * @image: grown so that no corner is cut, unless that made it larger than image.h allows. What
 * comes in at the corners is white, or black on a page of light text on dark paper.
 * @ret_skew_degrees: clockwise skew that was removed, in [-16, 16]; 0 when the lines lie straight
 *     enough for recognition (within 0.5 degrees) or none are seen.
 *
 * Method: leptonica's search for the angle at which neighbouring rows differ most, on the page's
 * evened ink (background.h), reduced. Costs about as much as decoding the page, and as much again
 * where it has to turn.
 */
status_code prepare_straighten(struct image *image, float *ret_skew_degrees,
                               struct status *st) _must_check_;
