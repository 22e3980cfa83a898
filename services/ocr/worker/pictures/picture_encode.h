#pragma once

/*
 * Packs pictures: what compresses them best while they look as they are. Thread rule: one thread at
 * a time.
 */

#include <stdbool.h>

#include "services/ocr/worker/pictures/picture.h"

struct Pix;

/* Makes plain of a Pix of any kind: depth 1, 8 or 32, without alpha (on white) and without a colour
 * map but one with colours. @pix: taken; NULL stays NULL. NULL without memory. */
struct Pix *picture_plain_pix(struct Pix *pix);

/*
 * Packs a plain Pix for a PDF: black and white as CCITT group 4; large areas of one colour, as of a
 * screen or a drawing, as PNG's rows, which are not larger there than a JPEG; else as JPEG.
 *
 * Made smaller where it would have more than `max_bytes`; the placement is from its pixels to the
 * Pix's. False without memory.
 */
bool picture_encode(struct Pix *pix, size_t max_bytes, struct picture *ret_picture) _must_check_;

/* Packs a plain Pix as a file for browsers: PNG where it is of few colours, else JPEG. The
 * placement is the identity. */
bool picture_encode_file(struct Pix *pix, struct picture *ret_picture) _must_check_;

/* Packs a plain Pix as a JPEG of that quality. */
bool picture_encode_jpeg(struct Pix *pix, int quality, struct picture *ret_picture) _must_check_;
