#pragma once

/*
 * The picture of a page: 8-bit grey, 0 black to 255 white, with its resolution.
 *
 * Pixels are held by a leptonica Pix, so that the modules that compute on pixels (decode, prepare,
 * the engines) can hand it to leptonica and tesseract without a copy.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker/affine.h"

struct Pix;

enum {
    /* Larger pages are refused before memory is taken for them. 100 megapixels is A4 at over 1,000
     * dpi, or A0 at 300. */
    PAGE_PIXELS_MAX = 100 * 1000 * 1000,
    PAGE_SIDE_MAX = 30000,
};

struct image {
    struct Pix *pix; /* depth 8, no colour map; owned */
    uint32_t width;
    uint32_t height;
    float dpi; /* 0 when the file does not say, or says nonsense */
    /* Where a point of the picture as it was stored (or drawn), of that size, lies in this one:
     * whoever turns the pixels keeps it. */
    uint32_t stored_width;
    uint32_t stored_height;
    struct affine placement;
    bool is_grey; /* the stored picture had no colours */
};

/* White. Checks the limits as image_check_size() does. */
status_code image_new(uint32_t width, uint32_t height, struct image **ret_image,
                      struct status *st) _must_check_;
void image_free(struct image *image);
DEFINE_CLEANUP(struct image *, image)

/*
 * Makes an image of a Pix of any depth: transparency becomes white, colour becomes luminance.
 *
 * @pix: taken. NULL is taken for "out of memory".
 */
status_code image_from_pix(struct Pix *pix, struct image **ret_image,
                           struct status *st) _must_check_;

/* Replaces the pixels; the resolution stays. @pix: depth 8, no colour map; taken; not NULL.
 * @move: where a point of the old pixels lies in the new ones. */
void image_replace_pix(struct image *image, struct Pix *pix, struct affine move);

/* Turns by quarters clockwise. RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. */
status_code image_turn(struct image *image, uint32_t quarter_turns, struct status *st) _must_check_;
/* Mirrors sideways; fails as image_turn(). */
status_code image_mirror(struct image *image, struct status *st) _must_check_;

/* The resolution of a file's header, which is believed between 50 and 2400 dpi; else 0. */
float image_plausible_dpi(double dpi);

/* INVALID_ARGUMENT TOO_LARGE, with the limits and what to do, or CORRUPT for a side of 0. */
status_code image_check_size(uint64_t width, uint64_t height, struct status *st) _must_check_;

/* A row of the image for writing, in leptonica's order of bytes: write with image_put_row(). */
void image_put_row(struct image *image, uint32_t y, const uint8_t *grey);

/* Grey of one pixel, for tests and small areas. */
uint8_t image_get(const struct image *image, uint32_t x, uint32_t y);
