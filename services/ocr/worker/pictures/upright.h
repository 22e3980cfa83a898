#pragma once

/*
 * Parts of the upright page, made of the page's picture as it was stored. Thread rule: one thread
 * at a time.
 */

#include "services/ocr/worker/affine.h"
#include "services/ocr/worker/document.h"

struct Pix;

/*
 * Cuts a part out of the upright page.
 *
 * @pix: plain (picture_encode.h), of the whole page.
 * @placement: from its pixels to those of the upright page: turned by any angle, mirrored, scaled.
 * @box: what is wanted of the upright page, not empty.
 * @scale: of what is made against the upright page, above 0, at most 1.
 *
 * What the picture does not have is white. A new Pix of depth 8 or 32; NULL without memory.
 */
struct Pix *upright_cut(struct Pix *pix, struct affine placement, struct bbox box, double scale);
