#include "services/ocr/worker/pictures/picture_jpeg.h"

#include <stdlib.h>
#include <string.h>

/* Markers, ITU T.81 table B.1. */
enum {
    SOF_BASELINE = 0xc0,
    SOF_PROGRESSIVE = 0xc2,
    DHT = 0xc4,
    JPG_EXTENSION = 0xc8,
    DAC = 0xcc,
    RST_FIRST = 0xd0,
    RST_LAST = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP_JFIF = 0xe0,
    APP_PROFILE = 0xe2,
    APP_ADOBE = 0xee,
    APP_LAST = 0xef,
    COM = 0xfe,
};

enum { JFIF_BYTES = 16 }; /* of its segment without a thumbnail, with the length */

struct jpeg_copy {
    struct file_bytes file;
    size_t at;
    uint8_t *bytes; /* as large as the file */
    size_t length;
    bool has_frame;
    bool has_scan;
    bool has_adobe;
    bool is_named_rgb; /* the components are called R, G and B */
    struct picture picture;
};

static bool begins_with(const uint8_t *data, size_t size, const char *text, size_t length)
{
    return size >= length && memcmp(data, text, length) == 0;
}

/* @data: of the segment after its length. */
static bool is_kept(unsigned marker, const uint8_t *data, size_t size)
{
    switch (marker) {
    case APP_JFIF:
        return begins_with(data, size, "JFIF\0", 5) && size >= JFIF_BYTES - 2;
    case APP_PROFILE:
        return begins_with(data, size, "ICC_PROFILE\0", 12);
    case APP_ADOBE:
        return begins_with(data, size, "Adobe", 5) && size >= 12;
    case COM:
        return false;
    default:
        return marker < APP_JFIF || marker > APP_LAST;
    }
}

static void append(struct jpeg_copy *copy, const uint8_t *bytes, size_t length)
{
    memcpy(copy->bytes + copy->length, bytes, length);
    copy->length += length;
}

/* JFIF's segment may have a thumbnail (ITU T.871 §10.1). */
static void append_jfif(struct jpeg_copy *copy, const uint8_t *data)
{
    const uint8_t head[] = {0xff, APP_JFIF, 0, JFIF_BYTES};

    append(copy, head, sizeof(head));
    append(copy, data, JFIF_BYTES - 2);
    copy->bytes[copy->length - 2] = copy->bytes[copy->length - 1] = 0;
}

static bool read_frame(struct jpeg_copy *copy, const uint8_t *data, size_t size)
{
    enum { FRAME_BYTES = 6, COMPONENT_BYTES = 3 };
    struct picture *picture = &copy->picture;

    if (copy->has_frame || size < FRAME_BYTES || data[0] != 8)
        return false;
    picture->height = (uint32_t)data[1] << 8 | data[2];
    picture->width = (uint32_t)data[3] << 8 | data[4];
    picture->components = data[5];
    if (picture->width == 0 || picture->height == 0 ||
        size < FRAME_BYTES + COMPONENT_BYTES * picture->components)
        return false;
    const uint8_t *ids = data + FRAME_BYTES;
    copy->is_named_rgb = picture->components == 3 && ids[0] == 'R' && ids[COMPONENT_BYTES] == 'G' &&
                         ids[2 * COMPONENT_BYTES] == 'B';
    copy->has_frame = true;
    return picture->components == 1 || picture->components == 3 || picture->components == 4;
}

static bool is_frame(unsigned marker)
{
    return marker >= SOF_BASELINE && marker < SOF_BASELINE + 16 && marker != DHT &&
           marker != JPG_EXTENSION && marker != DAC;
}

/* A segment: its marker, length and content. */
static bool copy_segment(struct jpeg_copy *copy, unsigned marker)
{
    struct file_bytes file = copy->file;

    if (file.size - copy->at < 4)
        return false;
    size_t length = (size_t)file.data[copy->at + 2] << 8 | file.data[copy->at + 3];
    if (length < 2 || length > file.size - copy->at - 2)
        return false;
    const uint8_t *data = file.data + copy->at + 4;
    size_t size = length - 2;
    if (is_frame(marker) && (marker > SOF_PROGRESSIVE || !read_frame(copy, data, size)))
        return false;
    if (marker == DAC)
        return false;
    if (is_kept(marker, data, size)) {
        copy->has_adobe = copy->has_adobe || marker == APP_ADOBE;
        if (marker == APP_JFIF)
            append_jfif(copy, data);
        else
            append(copy, file.data + copy->at, length + 2);
    }
    copy->at += length + 2;
    return true;
}

/* What follows the header of a scan, up to the next marker that ends it. */
static bool copy_scan(struct jpeg_copy *copy)
{
    struct file_bytes file = copy->file;
    size_t start = copy->at;
    size_t at = start;

    copy->has_scan = true;
    for (;;) {
        const uint8_t *found = memchr(file.data + at, 0xff, file.size - at);
        if (found == NULL || (size_t)(found - file.data) + 1 >= file.size)
            return false;
        at = (size_t)(found - file.data);
        unsigned next = found[1];
        if (next == 0xff) {
            at++;
        } else if (next == 0 || (next >= RST_FIRST && next <= RST_LAST)) {
            at += 2;
        } else {
            append(copy, file.data + start, at - start);
            copy->at = at;
            return true;
        }
    }
}

/* One marker with what belongs to it. *ret_is_end: it was the last. */
static bool copy_next(struct jpeg_copy *copy, bool *ret_is_end)
{
    struct file_bytes file = copy->file;
    const uint8_t end[] = {0xff, EOI};

    if (file.size - copy->at < 2 || file.data[copy->at] != 0xff)
        return false;
    unsigned marker = file.data[copy->at + 1];
    *ret_is_end = marker == EOI;
    if (marker == 0xff) { /* fill byte */
        copy->at++;
        return true;
    }
    if (marker == EOI) {
        append(copy, end, sizeof(end));
        return true;
    }
    if (marker < SOF_BASELINE || (marker >= RST_FIRST && marker <= SOI))
        return false;
    return copy_segment(copy, marker) && (marker != SOS || copy_scan(copy));
}

static bool copy_file(struct jpeg_copy *copy)
{
    const uint8_t start[] = {0xff, SOI};
    bool is_end = false;

    if (copy->file.size < 4 || memcmp(copy->file.data, start, sizeof(start)) != 0)
        return false;
    append(copy, start, sizeof(start));
    copy->at = sizeof(start);
    while (!is_end)
        if (!copy_next(copy, &is_end))
            return false;
    return copy->has_frame && copy->has_scan && (!copy->is_named_rgb || copy->has_adobe);
}

bool picture_from_jpeg(struct file_bytes file, struct picture *ret_picture)
{
    struct jpeg_copy copy = {.file = file, .bytes = malloc(file.size + 1)};

    if (copy.bytes == NULL || !copy_file(&copy)) {
        free(copy.bytes);
        return false;
    }
    copy.picture.encoding = PICTURE_JPEG;
    copy.picture.bits_per_component = 8;
    /* Photoshop's and everybody else's after it: 255 is "no ink". */
    copy.picture.is_inverted = copy.picture.components == 4 && copy.has_adobe;
    copy.picture.placement = affine_identity;
    copy.picture.data = (struct str){(const char *)copy.bytes, copy.length};
    *ret_picture = copy.picture;
    return true;
}
