#pragma once

/*
 * Pages of black and white, as CCITT group 4 (ITU T.6). Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "services/ocr/worker/decode_format.h"
#include "services/ocr/worker/pictures/picture.h"

/*
 * Takes a page of a TIFF file that is one strip of group 4, as it is.
 *
 * @ret_picture: its placement obeys the orientation tag.
 * False for another page, and without memory.
 */
bool picture_from_tiff(const struct tiff *tiff, uint32_t index,
                       struct picture *ret_picture) _must_check_;

/* Packs a Pix of depth 1 without a colour map, where 1 is black; false without memory. */
bool picture_encode_fax(struct Pix *pix, struct picture *ret_picture) _must_check_;
