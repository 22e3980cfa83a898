#pragma once

/*
 * The formats that decode.h offers, one function or object each; private to the decode modules.
 *
 * All read from bytes in memory that outlive the call (for TIFF and PDF: the object), and fail as
 * decode.h says. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/image.h"

struct file_bytes {
    const uint8_t *data;
    size_t size;
};

/* A damaged or shortened file: "the PNG file is damaged or cut short; ..." */
status_code decode_fail_corrupt(const char *format_name, struct status *st);

/* Big- and little-endian numbers at an offset that lies inside the file. */
uint32_t bytes_be32(const uint8_t *p);
uint32_t bytes_le32(const uint8_t *p);
uint16_t bytes_le16(const uint8_t *p);

/* Which way a picture must be turned, in quarters clockwise, after mirroring it sideways where that
 * is said. */
struct decode_turn {
    bool is_mirrored;
    uint32_t quarters;
};

/* Of an EXIF/TIFF orientation tag (1 to 8; anything else means 1), TIFF 6.0 §8. */
struct decode_turn decode_turn_of(unsigned orientation);

/* Turns an image by its orientation tag. */
status_code decode_orient(struct image *image, unsigned orientation,
                          struct status *st) _must_check_;

status_code decode_png(struct file_bytes file, struct image **ret_image,
                       struct status *st) _must_check_;
status_code decode_jpeg(struct file_bytes file, struct image **ret_image,
                        struct status *st) _must_check_;
/* As decode_jpeg(), but as stored: the orientation tag is not obeyed. */
status_code decode_jpeg_plain(struct file_bytes file, struct image **ret_image,
                              struct status *st) _must_check_;
/* In colour, as stored: depths 1 to 8 with or without a colour map, or 32 with or without alpha;
 * the orientation tag is not obeyed. Those of PNG and JPEG are for files that were decoded in grey
 * before.
 * @eighths: 1 to 8, to which a JPEG is made smaller on the way. @ret_pix: the caller's. */
status_code png_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st) _must_check_;
status_code jpeg_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                          struct status *st) _must_check_;
status_code gif_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st) _must_check_;
status_code bmp_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st) _must_check_;
status_code webp_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                          struct status *st) _must_check_;

/* A TIFF file's directories. */
struct tiff;
status_code tiff_open(struct file_bytes file, struct tiff **ret_tiff,
                      struct status *st) _must_check_;
void tiff_close(struct tiff *tiff);
uint32_t tiff_page_count(const struct tiff *tiff);
status_code tiff_read_page(struct tiff *tiff, uint32_t index, struct image **ret_image,
                           struct status *st) _must_check_;
/* In colour; the orientation tag is obeyed. */
status_code tiff_read_pix(struct tiff *tiff, uint32_t index, struct Pix **ret_pix,
                          struct status *st) _must_check_;

/* A bilevel page that is one strip of CCITT group 4. */
struct tiff_fax {
    struct file_bytes strip;
    uint32_t width;
    uint32_t height;
    bool is_bit_reversed; /* bytes have their first pixel in the lowest bit */
    bool is_inverted;     /* 0 is black */
    unsigned orientation;
};

/* False when the page is none. */
bool tiff_find_fax(const struct tiff *tiff, uint32_t index, struct tiff_fax *ret_fax);
