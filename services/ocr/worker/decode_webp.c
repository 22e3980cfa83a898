#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/decode_format.h"

/*
 * WEBP (RFC 9649), decoded by leptonica. It reads no animations: of those the first frame is made
 * a file of its own.
 */

enum {
    RIFF_HEADER_BYTES = 12,
    CHUNK_HEADER_BYTES = 8,
    FRAME_HEADER_BYTES = 16, /* of an ANMF chunk, before the chunks of the frame */
    VP8X_BYTES = 10,
    VP8X_ALPHA = 0x10,
};

static void put_le32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

/* The chunk at `offset`: its payload's size, or false when it does not lie inside the file. */
static bool webp_chunk(struct file_bytes file, size_t offset, uint32_t *ret_size)
{
    if (offset > file.size || file.size - offset < CHUNK_HEADER_BYTES)
        return false;
    *ret_size = bytes_le32(file.data + offset + 4);
    return *ret_size <= file.size - offset - CHUNK_HEADER_BYTES;
}

/* Finds the payload of the first animation frame; false when there is none. */
static bool webp_first_frame(struct file_bytes file, struct file_bytes *ret_frame)
{
    uint32_t size;

    for (size_t at = RIFF_HEADER_BYTES; webp_chunk(file, at, &size);
         at += CHUNK_HEADER_BYTES + (size_t)size + (size & 1)) {
        if (memcmp(file.data + at, "ANMF", 4) != 0)
            continue;
        *ret_frame = (struct file_bytes){file.data + at + CHUNK_HEADER_BYTES, size};
        return size > FRAME_HEADER_BYTES;
    }
    return false;
}

/* A still image of the frame's own size, as a file: leptonica reads no animations. */
static status_code webp_still(struct file_bytes frame, struct file_bytes *ret_file,
                              struct status *st)
{
    const size_t head_bytes = RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES + VP8X_BYTES;
    const size_t body_bytes = frame.size - FRAME_HEADER_BYTES;
    uint8_t *data = calloc(1, head_bytes + body_bytes + 1);

    if (data == NULL)
        return FAIL_PAGE_MEMORY(st);
    size_t size = head_bytes + body_bytes + (body_bytes & 1);
    memcpy(data, "RIFF", 4);
    put_le32(data + 4, (uint32_t)size - 8);
    memcpy(data + 8, "WEBPVP8X", 8);
    put_le32(data + 16, VP8X_BYTES);
    data[20] = VP8X_ALPHA;
    /* Width and height, less 1, in 24 bits each: in the frame's header after its place. */
    memcpy(data + 24, frame.data + 6, 6);
    memcpy(data + head_bytes, frame.data + FRAME_HEADER_BYTES, body_bytes);
    *ret_file = (struct file_bytes){data, size};
    return STATUS_OK;
}

static status_code read_still(struct file_bytes file, struct Pix **ret_pix, struct status *st)
{
    l_int32 width, height, samples;

    if (readHeaderMemWebP(file.data, file.size, &width, &height, &samples) != 0)
        return decode_fail_corrupt("WEBP", st);
    TRY(image_check_size((uint64_t)width, (uint64_t)height, st));
    struct Pix *pix = pixReadMemWebP(file.data, file.size);
    if (pix == NULL)
        return decode_fail_corrupt("WEBP", st);
    *ret_pix = pix;
    return STATUS_OK;
}

status_code webp_read_pix(struct file_bytes file, unsigned eighths, struct Pix **ret_pix,
                          struct status *st)
{
    enum { FILE_BYTES_MIN = 30 };
    struct file_bytes frame, still;

    /* The length in the header must be there; trailing bytes do not matter. */
    if (file.size < FILE_BYTES_MIN || bytes_le32(file.data + 4) > file.size - 8)
        return decode_fail_corrupt("WEBP", st);
    if (!webp_first_frame(file, &frame))
        return read_still(file, ret_pix, st);
    TRY(webp_still(frame, &still, st));
    status_code code = read_still(still, ret_pix, st);
    free((void *)still.data);
    return code;
}
