#pragma once

/*
 * A file in, page images out.
 *
 * What a file is, is told by its content, never by its name: PNG, JPEG, WEBP (first frame), GIF
 * (first frame), BMP, TIFF (every page) and PDF. Sizes are read from headers and checked before
 * memory is taken. A file whose data ends early is CORRUPT, never half read.
 *
 * Failures, all INVALID_ARGUMENT but for the last two:
 *   UNSUPPORTED_TYPE  none of the formats above
 *   CORRUPT           damaged or cut short
 *   ENCRYPTED         a PDF that asks for a password
 *   NO_PAGES          a file of the right kind without pages
 *   TOO_LARGE         more pixels or pages than the limits of image.h and below
 *   PAGE_CORRUPT      one page of a PDF is damaged; others may be good
 *   PAGE_TIMEOUT      DEADLINE_EXCEEDED: drawing a PDF page took too long
 *   PAGE_TOO_LARGE    RESOURCE_EXHAUSTED: memory did not suffice
 *
 * Thread rule: one thread at a time, and one decoder per process at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker/image.h"

enum {
    /* Most pages that a file may have. */
    DOCUMENT_PAGES_MAX = 100000,
};

struct decoder;
struct pdfdoc;
struct picture;

/* Opens the file behind a descriptor, which must be a regular file or a memory file. Reads its
 * structure, not its pages. @fd: taken. */
status_code decoder_open(int fd, struct decoder **ret_decoder, struct status *st) _must_check_;
void decoder_close(struct decoder *decoder);
DEFINE_CLEANUP_NAMED(struct decoder *, decoder_closep, decoder_close)

/* By content, for example "image/png". Static. */
const char *decoder_media_type(const struct decoder *decoder);

/* At least 1. */
uint32_t decoder_page_count(const struct decoder *decoder);

/* Decodes the first page and forgets it, to know whether the file holds what it promises; of a PDF,
 * interprets it without drawing. */
status_code decoder_probe(struct decoder *decoder, struct status *st) _must_check_;

/* The picture of page `index` (below the page count) as a reader sees it: upright by the file's
 * own orientation tag. A PDF page is the scan that it consists of, or is rendered. */
status_code decoder_read_page(struct decoder *decoder, uint32_t index, struct image **ret_image,
                              struct status *st) _must_check_;

/* Takes the picture that page `index` consists of as it stands in the file, in its own compression;
 * the page was read last. Its placement is to the picture as stored, which image.h places on. False
 * where the file has none that can be passed on, and without memory. */
bool decoder_stored_picture(struct decoder *decoder, uint32_t index,
                            struct picture *ret_picture) _must_check_;

/* Makes a drawing of a page of a PDF that was drawn for reading, in pixels of the upright page:
 * pdfdoc_drawing.h. False for any other page. @image: as below. */
bool decoder_draw_operators(struct decoder *decoder, uint32_t index, const struct image *image,
                            struct picture *ret_picture) _must_check_;

/*
 * Reads a page again, in colour where it has any.
 *
 * @image: what decoder_read_page() made of it, turned since then or not.
 * @side_max: the longer side is made smaller where that saves time, towards that.
 * @ret_pix: of the whole picture as stored, of any depth; the caller's.
 */
status_code decoder_read_colors(struct decoder *decoder, uint32_t index, const struct image *image,
                                uint32_t side_max, struct Pix **ret_pix,
                                struct status *st) _must_check_;

/* The PDF behind it, or NULL when it is none; lives as long as the decoder. */
struct pdfdoc *decoder_pdf(struct decoder *decoder);
