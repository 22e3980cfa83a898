#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/decode_format.h"

/*
 * GIF, BMP and WEBP, decoded by leptonica after their structure was walked here: so far that sizes
 * are known and that all the data that decoding needs is there.
 */

static status_code finish(struct Pix *pix, const char *format_name, struct image **ret_image,
                          struct status *st)
{
    if (pix == NULL)
        return decode_fail_corrupt(format_name, st);
    return image_from_pix(pix, ret_image, st);
}

/* --- GIF 89a --- */

enum { GIF_HEADER_BYTES = 13, GIF_IMAGE_BYTES = 10 };

static size_t gif_palette_bytes(uint8_t flags)
{
    return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Skips data sub-blocks up to and including the empty one; 0 when the file ends before. */
static size_t gif_skip_blocks(struct file_bytes file, size_t at)
{
    while (at < file.size) {
        size_t length = file.data[at++];
        if (length == 0)
            return at;
        at += length;
    }
    return 0;
}

/*
 * Finds the end of the first image. The rest of an animation is not decoded: its frames may be many
 * thousands, and leptonica would read them all before it takes the first.
 */
static status_code gif_first_image(struct file_bytes file, size_t *ret_end, uint32_t *ret_width,
                                   uint32_t *ret_height, struct status *st)
{
    if (file.size < GIF_HEADER_BYTES)
        return decode_fail_corrupt("GIF", st);
    size_t at = GIF_HEADER_BYTES + gif_palette_bytes(file.data[10]);
    while (at < file.size) {
        if (file.data[at] == '!') { /* extension */
            at = gif_skip_blocks(file, at + 2);
            if (at == 0)
                break;
        } else if (file.data[at] == ',') { /* image */
            if (file.size - at < GIF_IMAGE_BYTES)
                break;
            const uint8_t *image = file.data + at;
            uint32_t width = bytes_le16(image + 5);
            uint32_t height = bytes_le16(image + 7);
            at += GIF_IMAGE_BYTES + gif_palette_bytes(image[9]) + 1;
            size_t end = gif_skip_blocks(file, at);
            if (end == 0)
                break;
            *ret_end = end;
            *ret_width = width;
            *ret_height = height;
            return STATUS_OK;
        } else {
            break;
        }
    }
    return decode_fail_corrupt("GIF", st);
}

status_code decode_gif(struct file_bytes file, struct image **ret_image, struct status *st)
{
    size_t end = 0;
    uint32_t width = 0, height = 0;

    TRY(gif_first_image(file, &end, &width, &height, st));
    TRY(image_check_size(width, height, st));
    _cleanup_(freep) uint8_t *first = malloc(end + 1);
    if (first == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE", "no memory for the image");
    memcpy(first, file.data, end);
    first[end] = ';'; /* trailer */
    return finish(pixReadMemGif(first, end + 1), "GIF", ret_image, st);
}

/* --- BMP --- */

status_code decode_bmp(struct file_bytes file, struct image **ret_image, struct status *st)
{
    enum { HEADERS_BYTES = 54, INFO_HEADER_MIN = 40 };

    if (file.size < HEADERS_BYTES || bytes_le32(file.data + 14) < INFO_HEADER_MIN)
        return decode_fail_corrupt("BMP", st);
    int64_t width = (int32_t)bytes_le32(file.data + 18);
    int64_t height = (int32_t)bytes_le32(file.data + 22);
    unsigned depth = bytes_le16(file.data + 28);
    bool is_compressed = bytes_le32(file.data + 30) != 0;
    if (height < 0) /* rows from the top */
        height = -height;
    if (width < 0)
        return decode_fail_corrupt("BMP", st);
    TRY(image_check_size((uint64_t)width, (uint64_t)height, st));
    if (is_compressed || depth == 16)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNSUPPORTED_TYPE",
                    "this kind of BMP (compressed or 16 bits a pixel) cannot be read; save it "
                    "as PNG");
    uint64_t row_bytes = ((uint64_t)width * depth + 31) / 32 * 4;
    uint64_t offset = bytes_le32(file.data + 10);
    if (offset > file.size || row_bytes * (uint64_t)height > file.size - offset)
        return decode_fail_corrupt("BMP", st);
    return finish(pixReadMemBmp(file.data, file.size), "BMP", ret_image, st);
}

/* --- WEBP (RFC 9649) --- */

status_code decode_webp(struct file_bytes file, struct image **ret_image, struct status *st)
{
    l_int32 width, height, samples;

    /* The length in the header must be there; trailing bytes do not matter. */
    if (file.size < 30 || bytes_le32(file.data + 4) > file.size - 8)
        return decode_fail_corrupt("WEBP", st);
    if (readHeaderMemWebP(file.data, file.size, &width, &height, &samples) != 0)
        return decode_fail_corrupt("WEBP", st);
    TRY(image_check_size((uint64_t)width, (uint64_t)height, st));
    return finish(pixReadMemWebP(file.data, file.size), "WEBP", ret_image, st);
}
