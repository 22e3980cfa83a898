#pragma once

/*
 * The formats that decode.h offers, one function or object each; private to the decode modules.
 *
 * All read from bytes in memory that outlive the call (for TIFF and PDF: the object), and fail as
 * decode.h says. Thread rule: one thread at a time.
 */

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

/* Turns an image by its EXIF/TIFF orientation tag (1 to 8; anything else means 1), TIFF 6.0 §8. */
status_code decode_orient(struct image *image, unsigned orientation,
                          struct status *st) _must_check_;

status_code decode_png(struct file_bytes file, struct image **ret_image,
                       struct status *st) _must_check_;
status_code decode_jpeg(struct file_bytes file, struct image **ret_image,
                        struct status *st) _must_check_;
/* As decode_jpeg(), but as stored: the orientation tag is not obeyed. */
status_code decode_jpeg_plain(struct file_bytes file, struct image **ret_image,
                              struct status *st) _must_check_;
status_code decode_gif(struct file_bytes file, struct image **ret_image,
                       struct status *st) _must_check_;
status_code decode_bmp(struct file_bytes file, struct image **ret_image,
                       struct status *st) _must_check_;
status_code decode_webp(struct file_bytes file, struct image **ret_image,
                        struct status *st) _must_check_;

/* A TIFF file's directories. */
struct tiff;
status_code tiff_open(struct file_bytes file, struct tiff **ret_tiff,
                      struct status *st) _must_check_;
void tiff_close(struct tiff *tiff);
uint32_t tiff_page_count(const struct tiff *tiff);
status_code tiff_read_page(struct tiff *tiff, uint32_t index, struct image **ret_image,
                           struct status *st) _must_check_;
