#pragma once

/*
 * What a PDF page draws, as operators: lines, shapes and pictures as they are, letters as shapes.
 * Thread rule: as pdfdoc.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/ocr/worker/image.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/pictures/picture.h"

/*
 * Makes a drawing of a page that was drawn for reading and read last. Text that is not shown is not
 * in it.
 *
 * @image: what was drawn, turned since then or not: the drawing is upright as that is.
 * @ret_picture: PICTURE_DRAWING; in pixels of the upright page.
 * False for a page that has what such a drawing cannot: shadings, tiles, transparency, letters that
 * are no outlines; for one that becomes larger than its picture would be, and without memory.
 */
bool pdfdoc_draw_operators(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                           struct picture *ret_picture) _must_check_;
