#pragma once

/*
 * A picture that is kept of a page, in the compression in which it is kept. Thread rule: one thread
 * at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "services/ocr/worker/affine.h"

/* Numbers as in ocrmesh.document.v1.PageImageEncoding. */
typedef enum {
    PICTURE_JPEG = 1,
    PICTURE_PNG = 2,
    PICTURE_PNG_ROWS = 3,
    PICTURE_CCITT_G4 = 4,
    PICTURE_JBIG2 = 5,
    PICTURE_JPEG_2000 = 6,
    PICTURE_DRAWING = 7,
} picture_encoding;

/* As ocrmesh.document.v1.PageImage says. */
struct picture {
    picture_encoding encoding;
    uint32_t width;
    uint32_t height;
    uint32_t components;
    uint32_t bits_per_component;
    bool is_inverted;
    struct affine placement; /* from its pixels to where the caller says */
    /* From malloc(); owned. */
    struct str data;
    struct str palette;
    struct str jbig2_globals;
};

/* Gives up what it owns and clears it. */
void picture_deinit(struct picture *picture);

/* Takes a copy of bytes; false without memory. */
bool picture_copy_bytes(struct str bytes, struct str *ret_copy) _must_check_;
