#pragma once

/*
 * The pictures of PDF pages in the compression and the colours that the file has. Thread rule: as
 * pdfdoc.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/image.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/pictures/picture.h"

struct fz_context;
struct fz_image;

/* Takes the picture that a page consists of as it stands in the file; the page was read last. False
 * for a page that consists of more, or of a picture that cannot be passed on as it is, and without
 * memory. */
bool pdfdoc_stored_picture(struct pdfdoc *pdf, uint32_t index,
                           struct picture *ret_picture) _must_check_;

/* Takes any image of a page: its stream as it stands in the file, or packed anew; an image mask as
 * CCITT group 4, black where it paints. For the pdfdoc modules. False for one that is too large,
 * and without memory. May throw. */
bool pdfdoc_take_image(struct fz_context *context, struct fz_image *image,
                       struct picture *ret_picture) _must_check_;

/*
 * Reads a page again, in colour where it has any.
 *
 * @image: what pdfdoc_read_page() made of it, turned since then or not.
 * @side_max: the longer side is made smaller where that saves time, towards that.
 * @ret_pix: as stored or drawn; depth 8 or 32; the caller's.
 */
status_code pdfdoc_read_pix(struct pdfdoc *pdf, uint32_t index, const struct image *image,
                            uint32_t side_max, struct Pix **ret_pix,
                            struct status *st) _must_check_;
