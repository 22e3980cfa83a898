#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/*
 * GIF and BMP, decoded by leptonica after their structure was walked here: so far that sizes
 * are known and that all the data that decoding needs is there.
 */

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

struct gif_image {
    size_t end; /* of its data in the file */
    uint32_t width;
    uint32_t height;
    int transparent_index; /* in its palette; -1: none */
};

/* Reads a graphic control extension (GIF 89a §23) at `at`; any other is passed over. */
static void note_transparency(struct file_bytes file, size_t at, struct gif_image *image)
{
    enum { GRAPHIC_CONTROL = 0xf9, EXTENSION_BYTES = 7, HAS_TRANSPARENCY = 1 };
    const uint8_t *extension = file.data + at;

    if (file.size - at >= EXTENSION_BYTES && extension[1] == GRAPHIC_CONTROL)
        image->transparent_index = extension[3] & HAS_TRANSPARENCY ? extension[6] : -1;
}

/*
 * Finds the end of the first image. The rest of an animation is not decoded: its frames may be many
 * thousands, and leptonica would read them all before it takes the first.
 */
static status_code gif_first_image(struct file_bytes file, struct gif_image *ret_image,
                                   struct status *st)
{
    struct gif_image found = {.transparent_index = -1};

    if (file.size < GIF_HEADER_BYTES)
        return decode_fail_corrupt("GIF", st);
    size_t at = GIF_HEADER_BYTES + gif_palette_bytes(file.data[10]);
    while (at < file.size) {
        if (file.data[at] == '!') { /* extension */
            note_transparency(file, at, &found);
            at = gif_skip_blocks(file, at + 2);
            if (at == 0)
                break;
        } else if (file.data[at] == ',') { /* image */
            if (file.size - at < GIF_IMAGE_BYTES)
                break;
            const uint8_t *image = file.data + at;
            found.width = bytes_le16(image + 5);
            found.height = bytes_le16(image + 7);
            at += GIF_IMAGE_BYTES + gif_palette_bytes(image[9]) + 1;
            found.end = gif_skip_blocks(file, at);
            if (found.end == 0)
                break;
            *ret_image = found;
            return STATUS_OK;
        } else {
            break;
        }
    }
    return decode_fail_corrupt("GIF", st);
}

status_code gif_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st)
{
    struct gif_image found = {0};

    TRY(gif_first_image(file, &found, st));
    TRY(image_check_size(found.width, found.height, st));
    _cleanup_(freep) uint8_t *first = malloc(found.end + 1);
    if (first == NULL)
        return FAIL_PAGE_MEMORY(st);
    memcpy(first, file.data, found.end);
    first[found.end] = ';'; /* trailer */
    struct Pix *pix = pixReadMemGif(first, found.end + 1);
    /* What shows through is the paper. Leptonica gives it the colour that the palette has there. */
    if (pix != NULL && pixGetColormap(pix) != NULL && found.transparent_index >= 0 &&
        found.transparent_index < pixcmapGetCount(pixGetColormap(pix)))
        (void)pixcmapResetColor(pixGetColormap(pix), found.transparent_index, 255, 255, 255);
    if (pix == NULL)
        return decode_fail_corrupt("GIF", st);
    *ret_pix = pix;
    return STATUS_OK;
}

/* --- BMP --- */

status_code bmp_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                         struct status *st)
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
    struct Pix *pix = pixReadMemBmp(file.data, file.size);
    if (pix == NULL)
        return decode_fail_corrupt("BMP", st);
    *ret_pix = pix;
    return STATUS_OK;
}
