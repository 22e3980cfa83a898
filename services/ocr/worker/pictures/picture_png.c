#include "services/ocr/worker/pictures/picture_png.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_FRAME_BYTES = 12, /* length, type and check sum */
    HEADER_BYTES = 13,
    PALETTE_MAX_BYTES = 256 * 3,
};

/* PNG §11.2.2, table 11.1. */
enum { GREY = 0, RGB = 2, PALETTE = 3 };

struct png_copy {
    uint8_t *bytes; /* as large as the file */
    size_t length;
    bool has_header;
    unsigned color_type;
    struct picture picture;
};

static bool read_header(struct png_copy *copy, const uint8_t *data, size_t size)
{
    struct picture *picture = &copy->picture;

    if (copy->has_header || size != HEADER_BYTES)
        return false;
    picture->width = bytes_be32(data);
    picture->height = bytes_be32(data + 4);
    picture->bits_per_component = data[8];
    copy->color_type = data[9];
    picture->components = copy->color_type == RGB ? 3 : 1;
    copy->has_header = true;
    bool is_plain = data[10] == 0 && data[11] == 0 && data[12] == 0; /* not interlaced */
    return is_plain && picture->width > 0 && picture->height > 0 &&
           (copy->color_type == GREY || copy->color_type == RGB || copy->color_type == PALETTE);
}

/* False where the file cannot be passed on. */
static bool read_chunk(struct png_copy *copy, const char *type, const uint8_t *data, size_t size)
{
    if (memcmp(type, "IHDR", 4) == 0)
        return read_header(copy, data, size);
    if (!copy->has_header || memcmp(type, "tRNS", 4) == 0)
        return false;
    if (memcmp(type, "PLTE", 4) == 0 && copy->color_type == PALETTE) {
        struct str palette = {(const char *)data, size};
        return copy->picture.palette.p == NULL && size > 0 && size <= PALETTE_MAX_BYTES &&
               size % 3 == 0 && picture_copy_bytes(palette, &copy->picture.palette);
    }
    if (memcmp(type, "IDAT", 4) == 0) {
        memcpy(copy->bytes + copy->length, data, size);
        copy->length += size;
    }
    return true;
}

static bool read_chunks(struct png_copy *copy, struct file_bytes file)
{
    size_t at = SIGNATURE_BYTES;

    while (file.size >= at && file.size - at >= CHUNK_FRAME_BYTES) {
        size_t size = bytes_be32(file.data + at);
        const char *type = (const char *)file.data + at + 4;
        if (size > file.size - at - CHUNK_FRAME_BYTES)
            return false;
        if (memcmp(type, "IEND", 4) == 0)
            return copy->length > 0 &&
                   (copy->color_type == PALETTE) == (copy->picture.palette.p != NULL);
        if (!read_chunk(copy, type, file.data + at + 8, size))
            return false;
        at += CHUNK_FRAME_BYTES + size;
    }
    return false;
}

bool picture_from_png(struct file_bytes file, struct picture *ret_picture)
{
    struct png_copy copy = {.bytes = malloc(file.size + 1)};

    if (copy.bytes == NULL || !read_chunks(&copy, file)) {
        free(copy.bytes);
        picture_deinit(&copy.picture);
        return false;
    }
    copy.picture.encoding = PICTURE_PNG_ROWS;
    copy.picture.placement = affine_identity;
    copy.picture.data = (struct str){(const char *)copy.bytes, copy.length};
    *ret_picture = copy.picture;
    return true;
}
