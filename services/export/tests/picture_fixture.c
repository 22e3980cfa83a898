#include "services/export/tests/picture_fixture.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Made with Pillow (libjpeg-turbo, zlib, libtiff). */
/* clang-format off */
static const uint8_t jpeg[] = {
    0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x00, 0x00, 0x01,
    0x00, 0x01, 0x00, 0x00, 0xFF, 0xDB, 0x00, 0x43, 0x00, 0x10, 0x0B, 0x0C, 0x0E, 0x0C, 0x0A, 0x10,
    0x0E, 0x0D, 0x0E, 0x12, 0x11, 0x10, 0x13, 0x18, 0x28, 0x1A, 0x18, 0x16, 0x16, 0x18, 0x31, 0x23,
    0x25, 0x1D, 0x28, 0x3A, 0x33, 0x3D, 0x3C, 0x39, 0x33, 0x38, 0x37, 0x40, 0x48, 0x5C, 0x4E, 0x40,
    0x44, 0x57, 0x45, 0x37, 0x38, 0x50, 0x6D, 0x51, 0x57, 0x5F, 0x62, 0x67, 0x68, 0x67, 0x3E, 0x4D,
    0x71, 0x79, 0x70, 0x64, 0x78, 0x5C, 0x65, 0x67, 0x63, 0xFF, 0xC0, 0x00, 0x0B, 0x08, 0x00, 0x08,
    0x00, 0x10, 0x01, 0x01, 0x11, 0x00, 0xFF, 0xC4, 0x00, 0x15, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x05, 0xFF, 0xC4, 0x00,
    0x1B, 0x10, 0x00, 0x00, 0x07, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x32, 0x35, 0x72, 0x74, 0xB2, 0xB3, 0xE2, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01,
    0x00, 0x00, 0x3F, 0x00, 0xB0, 0x9D, 0x0B, 0x0E, 0x2A, 0xD2, 0xB0, 0x7F, 0xFF, 0xD9,
};

static const uint8_t png_rows[] = {
    0x78, 0xDA, 0x63, 0xF8, 0xCF, 0xC0, 0xC0, 0x00, 0xC6, 0xFF, 0xFF, 0x43, 0x19, 0x04, 0x39, 0x00,
    0xF8, 0x49, 0x13, 0xED,
};

static const uint8_t group_4[] = {
    0x26, 0xAC, 0xDB, 0x36, 0xCD, 0xBF, 0xFF, 0xFF, 0xFF, 0x36, 0xCD, 0xB3, 0x6C, 0xDB, 0xFF, 0xFF,
    0xFF, 0x26, 0xAC, 0xDB, 0x36, 0xCD, 0xBF, 0xFF, 0xFF, 0xFF, 0x36, 0xCD, 0xB3, 0x6C, 0xDB, 0xFF,
    0xFF, 0xFF, 0x00, 0x10, 0x01,
};

/* clang-format on */

static Ocrmesh__Document__V1__Placement no_placement = {
    PROTOBUF_C_MESSAGE_INIT(&ocrmesh__document__v1__placement__descriptor),
    .a = NAN,
    .d = 1,
};

static void describe(Ocrmesh__Document__V1__PageImage *image,
                     Ocrmesh__Document__V1__PageImageEncoding encoding, uint32_t width,
                     uint32_t height, uint32_t components, uint32_t bits, size_t length)
{
    ocrmesh__document__v1__page_image__init(image);
    image->encoding = encoding;
    image->width = width;
    image->height = height;
    image->components = components;
    image->bits_per_component = bits;
    image->size_bytes = (int64_t)length;
}

const uint8_t *fixture_picture(const struct page_image_query *query,
                               Ocrmesh__Document__V1__PageImage *ret_description,
                               size_t *ret_length)
{
    if (query->kind != OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION)
        return NULL;
    switch (query->page_index) {
    case FIXTURE_PICTURE_PNG_ROWS:
        describe(ret_description,
                 OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_PNG_ROWS, 4, 4, 3,
                 8, sizeof(png_rows));
        *ret_length = sizeof(png_rows);
        return png_rows;
    case FIXTURE_PICTURE_GROUP_4:
        describe(ret_description,
                 OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_CCITT_G4, 32, 16,
                 1, 1, sizeof(group_4));
        *ret_length = sizeof(group_4);
        return group_4;
    case FIXTURE_PICTURE_JPEG:
    case FIXTURE_PICTURE_SHORT:
    case FIXTURE_PICTURE_LONG:
    case FIXTURE_PICTURE_MISPLACED:
        describe(ret_description,
                 OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_JPEG, 16, 8, 1, 8,
                 sizeof(jpeg));
        if (query->page_index == FIXTURE_PICTURE_SHORT)
            ret_description->size_bytes++;
        if (query->page_index == FIXTURE_PICTURE_LONG)
            ret_description->size_bytes--;
        if (query->page_index == FIXTURE_PICTURE_MISPLACED)
            ret_description->placement = &no_placement;
        *ret_length = sizeof(jpeg);
        return jpeg;
    default:
        return NULL;
    }
}

/* --- as a source --- */

struct fixture_reader {
    struct page_image_reader reader;
    Ocrmesh__Document__V1__PageImage description;
    const uint8_t *rest;
    size_t rest_length;
};

static status_code read_fixture(struct page_image_reader *base, struct str *ret_chunk,
                                struct status *st)
{
    struct fixture_reader *reader = (struct fixture_reader *)base;
    size_t length = reader->rest_length < FIXTURE_PICTURE_CHUNK_BYTES ? reader->rest_length
                                                                      : FIXTURE_PICTURE_CHUNK_BYTES;

    *ret_chunk = (struct str){(const char *)reader->rest, length};
    reader->rest += length;
    reader->rest_length -= length;
    return STATUS_OK;
}

static void close_fixture(struct page_image_reader *base)
{
    free(base);
}

static status_code open_fixture(struct page_image_source *source,
                                const struct page_image_query *query,
                                struct page_image_reader **ret_reader, struct status *st)
{
    struct fixture_reader *reader = calloc(1, sizeof(*reader));

    assert(reader != NULL);
    reader->rest = fixture_picture(query, &reader->description, &reader->rest_length);
    if (reader->rest == NULL) {
        free(reader);
        *ret_reader = NULL;
        return STATUS_OK;
    }
    reader->reader = (struct page_image_reader){&reader->description, read_fixture, close_fixture};
    *ret_reader = &reader->reader;
    return STATUS_OK;
}

struct page_image_source *fixture_pictures(void)
{
    static struct page_image_source source = {open_fixture};

    return &source;
}
