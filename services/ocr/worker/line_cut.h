#pragma once

/*
 * The picture of one line, cut out of a page. Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

struct line_cut {
    struct image *image; /* owned by the caller */
    int32_t x, y;        /* where its corner lies on the page, with the white around it */
};

/* Cuts a line with an eighth of its height more on each side, for accents may stand out of the box
 * that an engine gives, and with a quarter of its height of white around that. Tesseract's
 * documentation wants 10 pixels; but it scales lines by their pictures' height, and letters of 10
 * pixels must fill that. @box: not empty; what of it lies beyond the page is left out. */
status_code line_cut(const struct image *image, struct bbox box, struct line_cut *ret_cut,
                     struct status *st) _must_check_;
