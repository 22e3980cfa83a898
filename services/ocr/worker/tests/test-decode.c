#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/tests/page_fixture.h"

enum { FILE_MAX_BYTES = 4 << 20 };

static const struct {
    fixture_format format;
    const char *media_type;
} single_images[] = {
    {FIXTURE_BMP, "image/bmp"},      {FIXTURE_JPEG, "image/jpeg"}, {FIXTURE_PNG, "image/png"},
    {FIXTURE_TIFF_G4, "image/tiff"}, {FIXTURE_GIF, "image/gif"},   {FIXTURE_WEBP, "image/webp"},
};

static struct decoder *open_bytes(const struct buf *bytes)
{
    struct decoder *decoder = NULL;
    struct status st;

    assert_int_equal(decoder_open(fixture_file_of(bytes), &decoder, &st), STATUS_OK);
    return decoder;
}

/* Opening and probing together, as a submission does. */
static status_code look(const void *data, size_t size, struct status *st)
{
    _cleanup_(decoder_closep) struct decoder *decoder = NULL;

    TRY(decoder_open(fixture_file(data, size), &decoder, st));
    return decoder_probe(decoder, st);
}

static void assert_refused(const struct buf *bytes, size_t size, const char *reason)
{
    struct status st;

    assert_int_equal(look(bytes->data, size, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, reason);
    assert_true(strlen(st.message) > 0);
}

static void test_each_image_format_is_known_by_content_and_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(single_images); i++) {
        _cleanup_(buf_deinit) struct buf bytes;
        _cleanup_(image_freep) struct image *image = NULL;
        struct status st;
        buf_init(&bytes, FILE_MAX_BYTES);
        fixture_image(&bytes, single_images[i].format);
        _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);

        assert_string_equal(decoder_media_type(decoder), single_images[i].media_type);
        assert_int_equal(decoder_page_count(decoder), 1);
        assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
        assert_int_equal(image->width, FIXTURE_WIDTH);
        assert_int_equal(image->height, FIXTURE_HEIGHT);
        assert_in_range(image_get(image, 20, 16), 0, 20);
        assert_in_range(image_get(image, 60, 50), 235, 255);
    }
}

static void test_resolution_of_the_file_is_kept(void **state)
{
    static const fixture_format formats[] = {FIXTURE_PNG, FIXTURE_JPEG, FIXTURE_TIFF_G4,
                                             FIXTURE_BMP};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        _cleanup_(buf_deinit) struct buf bytes;
        _cleanup_(image_freep) struct image *image = NULL;
        struct status st;
        buf_init(&bytes, FILE_MAX_BYTES);
        fixture_image(&bytes, formats[i]);
        _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);

        assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
        assert_in_range((int)(image->dpi + 0.5f), FIXTURE_DPI - 1, FIXTURE_DPI + 1);
    }
}

/* API: "truncated PNG/JPEG/TIFF/PDF" is 400 corrupt, whatever the place of the cut. */
static void test_files_cut_short_anywhere_are_corrupt(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(single_images); i++) {
        _cleanup_(buf_deinit) struct buf bytes;
        buf_init(&bytes, FILE_MAX_BYTES);
        fixture_image(&bytes, single_images[i].format);
        for (size_t size = 40; size < bytes.length - 16; size += bytes.length / 16 + 1)
            assert_refused(&bytes, size, "CORRUPT");
    }
}

/* RFC 9649 §2.7.1.1: the frames of an animation are chunks of their own. */
static void test_first_frame_of_an_animated_webp_is_read(void **state)
{
    _cleanup_(buf_deinit) struct buf still;
    _cleanup_(buf_deinit) struct buf animation;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;
    /* VP8X with animation flag and canvas size; ANIM; the frame's place, size and duration. */
    static const uint8_t canvas[] = {'V',
                                     'P',
                                     '8',
                                     'X',
                                     10,
                                     0,
                                     0,
                                     0,
                                     2,
                                     0,
                                     0,
                                     0,
                                     FIXTURE_WIDTH - 1,
                                     0,
                                     0,
                                     FIXTURE_HEIGHT - 1,
                                     0,
                                     0,
                                     'A',
                                     'N',
                                     'I',
                                     'M',
                                     6,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0};
    static const uint8_t place[] = {0, 0, 0,   0, 0, 0, FIXTURE_WIDTH - 1, 0, 0, FIXTURE_HEIGHT - 1,
                                    0, 0, 100, 0, 0, 0};
    enum { RIFF_HEADER_BYTES = 12, FRAMES = 2 };

    (void)state;
    buf_init(&still, FILE_MAX_BYTES);
    buf_init(&animation, FILE_MAX_BYTES);
    fixture_image(&still, FIXTURE_WEBP);
    size_t chunks = still.length - RIFF_HEADER_BYTES;
    uint32_t frame_size = (uint32_t)(sizeof(place) + chunks);
    uint32_t size = (uint32_t)(4 + sizeof(canvas) + FRAMES * (8 + frame_size));
    assert_true(buf_append(&animation, "RIFF", 4) && buf_append(&animation, &size, 4) &&
                buf_append(&animation, "WEBP", 4) &&
                buf_append(&animation, canvas, sizeof(canvas)));
    for (int i = 0; i < FRAMES; i++)
        assert_true(buf_append(&animation, "ANMF", 4) && buf_append(&animation, &frame_size, 4) &&
                    buf_append(&animation, place, sizeof(place)) &&
                    buf_append(&animation, still.data + RIFF_HEADER_BYTES, chunks));
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&animation);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_int_equal(image->width, FIXTURE_WIDTH);
    assert_in_range(image_get(image, 20, 16), 0, 20);
    assert_in_range(image_get(image, 60, 50), 235, 255);
}

static void test_what_is_transparent_in_a_gif_is_paper(void **state)
{
    /* GIF 89a: 2 x 1 pixels, both colours of the palette black, the second one transparent;
     * LZW codes of 3 bits: clear, 0, 1, end. */
    static const uint8_t gif[] = {'G', 'I', 'F', '8', '9', 'a',  2, 0, 1, 0,    0x80, 0, 0,   0, 0,
                                  0,   0,   0,   0,   '!', 0xf9, 4, 1, 0, 0,    1,    0, ',', 0, 0,
                                  0,   0,   2,   0,   1,   0,    0, 2, 2, 0x44, 0x0a, 0, ';'};
    _cleanup_(buf_deinit) struct buf bytes;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    assert_true(buf_append(&bytes, gif, sizeof(gif)));
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_int_equal(image_get(image, 0, 0), 0);
    assert_int_equal(image_get(image, 1, 0), 255);
}

static void test_pages_of_a_tiff_come_in_order(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_tiff_pages(&bytes, 3);
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_int_equal(decoder_page_count(decoder), 3);
    for (uint32_t i = 0; i < 3; i++) {
        _cleanup_(image_freep) struct image *image = NULL;
        struct status st;
        assert_int_equal(decoder_read_page(decoder, i, &image, &st), STATUS_OK);
        assert_int_equal(image->width, 10 * (i + 1));
    }
}

static void test_text_is_no_image_whatever_its_name(void **state)
{
    static const char text[] = "This is a text, and it was named picture.png.\n";
    struct status st;

    (void)state;
    assert_int_equal(look(text, sizeof(text) - 1, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "UNSUPPORTED_TYPE");
    assert_non_null(strstr(st.message, "PDF"));
}

static void test_empty_file_is_corrupt(void **state)
{
    struct status st;

    (void)state;
    assert_int_equal(look("", 0, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "CORRUPT");
}

static void append_be32(struct buf *out, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};

    assert_true(buf_append(out, bytes, sizeof(bytes)));
}

/* PNG 1.2 §3.2. */
static void append_png_chunk(struct buf *out, const char *type, const void *data, uint32_t size)
{
    append_be32(out, size);
    size_t start = out->length;
    assert_true(buf_append(out, type, 4) && buf_append(out, data, size));
    append_be32(out,
                (uint32_t)crc32(0, (const Bytef *)out->data + start, (uInt)(out->length - start)));
}

static void test_image_of_60000_by_60000_is_refused_by_its_header(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;
    /* 60,000 x 60,000, 1 bit, grey. */
    static const uint8_t header[13] = {0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 1, 0, 0, 0, 0};

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    assert_true(buf_append(&bytes, "\x89PNG\r\n\x1a\n", 8));
    append_png_chunk(&bytes, "IHDR", header, sizeof(header));
    append_png_chunk(&bytes, "IDAT", "", 0);
    append_png_chunk(&bytes, "IEND", "", 0);
    assert_refused(&bytes, bytes.length, "TOO_LARGE");
}

/* --- PDF --- */

static void test_pdf_page_is_drawn_at_300_dpi(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf_page(&bytes, "0 0 0 rg 72 698 72 72 re f", "");
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_string_equal(decoder_media_type(decoder), "application/pdf");
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    /* 595 x 842 points at 300 dpi; the black inch begins one inch from the left and the top. */
    assert_in_range(image->width, 2479, 2480);
    assert_in_range(image->height, 3508, 3509);
    assert_int_equal(image_get(image, 450, 450), 0);
    assert_int_equal(image_get(image, 290, 290), 255);
}

static void test_pdf_page_stands_as_its_rotation_says(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf_page(&bytes, "0 0 0 rg 0 742 100 100 re f", "/Rotate 90");
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_true(image->width > image->height);
    /* What was top left is top right after a turn clockwise. */
    assert_int_equal(image_get(image, image->width - 50, 50), 0);
    assert_int_equal(image_get(image, 50, 50), 255);
}

/* A PDF page of FIXTURE_WIDTH x FIXTURE_HEIGHT pixels at FIXTURE_DPI, drawn with that matrix. */
static void append_scan_pdf(struct buf *out, const char *matrix, int page_width, int page_height)
{
    _cleanup_(buf_deinit) struct buf jpeg;
    _cleanup_(buf_deinit) struct buf hex;
    char page[256], image_head[256], content[128], stream[256];
    _cleanup_(buf_deinit) struct buf image;

    buf_init(&jpeg, FILE_MAX_BYTES);
    buf_init(&hex, FILE_MAX_BYTES);
    buf_init(&image, FILE_MAX_BYTES);
    fixture_image(&jpeg, FIXTURE_JPEG);
    for (size_t i = 0; i < jpeg.length; i++)
        assert_true(buf_printf(&hex, "%02x", (unsigned char)jpeg.data[i]));
    (void)snprintf(page, sizeof(page),
                   "<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R"
                   "/Resources<</XObject<</I 5 0 R>>>>>>",
                   page_width, page_height);
    (void)snprintf(content, sizeof(content), "%s cm /I Do", matrix);
    (void)snprintf(stream, sizeof(stream), "<</Length %zu>>stream\n%s\nendstream", strlen(content),
                   content);
    (void)snprintf(image_head, sizeof(image_head),
                   "<</Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
                   "/Filter[/ASCIIHexDecode/DCTDecode]/Length %zu>>",
                   FIXTURE_WIDTH, FIXTURE_HEIGHT, hex.length + 1);
    assert_true(buf_printf(&image, "%sstream\n%s>\nendstream", image_head, hex.data));
    const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
                                   "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream, image.data};
    fixture_pdf(out, objects, ARRAY_LENGTH(objects), "");
}

static void test_pdf_page_that_is_one_scan_keeps_its_pixels(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    /* 80 x 60 pixels on 28.8 x 21.6 points are 200 dpi. */
    append_scan_pdf(&bytes, "28.8 0 0 21.6 0 0", 29, 22);
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_int_equal(image->width, FIXTURE_WIDTH);
    assert_int_equal(image->height, FIXTURE_HEIGHT);
    assert_int_equal((int)(image->dpi + 0.5f), FIXTURE_DPI);
    assert_in_range(image_get(image, 20, 16), 0, 20);
}

static void test_scan_that_lies_turned_on_its_page_is_turned(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;
    _cleanup_(image_freep) struct image *image = NULL;
    struct status st;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    /* A quarter clockwise: the image's x axis points down the page. */
    append_scan_pdf(&bytes, "0 -28.8 21.6 0 0 28.8", 22, 29);
    _cleanup_(decoder_closep) struct decoder *decoder = open_bytes(&bytes);
    assert_int_equal(decoder_read_page(decoder, 0, &image, &st), STATUS_OK);
    assert_int_equal(image->width, FIXTURE_HEIGHT);
    assert_int_equal(image->height, FIXTURE_WIDTH);
    /* (20, 16) of the image is (60 - 16, 20) of the page. */
    assert_in_range(image_get(image, FIXTURE_HEIGHT - 16, 20), 0, 20);
    assert_in_range(image_get(image, 10, 20), 235, 255);
}

static void test_pdf_cut_short_is_corrupt(void **state)
{
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf_page(&bytes, fixture_pdf_letter, "");
    for (size_t size = 20; size < bytes.length - 10; size += 97)
        assert_refused(&bytes, size, "CORRUPT");
}

static void test_encrypted_pdf_is_named_so(void **state)
{
    /* ISO 32000-1 §7.6.3: a standard handler whose empty user password does not fit /U. */
    static const char trailer[] =
        "/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"
        "/Encrypt<</Filter/Standard/V 1/R 2/Length 40/P -4"
        "/O<0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20>"
        "/U<0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20>>>";
    static const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
                                          "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                                          "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"};
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf(&bytes, objects, ARRAY_LENGTH(objects), trailer);
    assert_refused(&bytes, bytes.length, "ENCRYPTED");
}

static void test_pdf_without_pages_is_named_so(void **state)
{
    static const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
                                          "<</Type/Pages/Kids[]/Count 0>>"};
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf(&bytes, objects, ARRAY_LENGTH(objects), "");
    assert_refused(&bytes, bytes.length, "NO_PAGES");
}

static void test_pdf_that_counts_pages_it_does_not_have_is_corrupt(void **state)
{
    static const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
                                          "<</Type/Pages/Kids[3 0 R]/Count 9>>",
                                          "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"};
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf(&bytes, objects, ARRAY_LENGTH(objects), "");
    assert_refused(&bytes, bytes.length, "CORRUPT");
}

static void test_page_tree_that_doubles_at_each_level_is_refused_in_time(void **state)
{
    /* 2^20 leaves in 22 objects: each node names the next one twice. */
    enum { LEVELS = 20 };
    char nodes[LEVELS][64];
    const char *objects[LEVELS + 2];
    _cleanup_(buf_deinit) struct buf bytes;

    (void)state;
    objects[0] = "<</Type/Catalog/Pages 2 0 R>>";
    for (int i = 0; i < LEVELS; i++) {
        (void)snprintf(nodes[i], sizeof(nodes[i]), "<</Type/Pages/Count 1/Kids[%d 0 R %d 0 R]>>",
                       i + 3, i + 3);
        objects[i + 1] = nodes[i];
    }
    objects[LEVELS + 1] = "<</Type/Page/MediaBox[0 0 100 100]>>";
    buf_init(&bytes, FILE_MAX_BYTES);
    fixture_pdf(&bytes, objects, LEVELS + 2, "");
    assert_refused(&bytes, bytes.length, "CORRUPT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_image_format_is_known_by_content_and_decoded),
        cmocka_unit_test(test_resolution_of_the_file_is_kept),
        cmocka_unit_test(test_files_cut_short_anywhere_are_corrupt),
        cmocka_unit_test(test_first_frame_of_an_animated_webp_is_read),
        cmocka_unit_test(test_what_is_transparent_in_a_gif_is_paper),
        cmocka_unit_test(test_pages_of_a_tiff_come_in_order),
        cmocka_unit_test(test_text_is_no_image_whatever_its_name),
        cmocka_unit_test(test_empty_file_is_corrupt),
        cmocka_unit_test(test_image_of_60000_by_60000_is_refused_by_its_header),
        cmocka_unit_test(test_pdf_page_is_drawn_at_300_dpi),
        cmocka_unit_test(test_pdf_page_stands_as_its_rotation_says),
        cmocka_unit_test(test_pdf_page_that_is_one_scan_keeps_its_pixels),
        cmocka_unit_test(test_scan_that_lies_turned_on_its_page_is_turned),
        cmocka_unit_test(test_pdf_cut_short_is_corrupt),
        cmocka_unit_test(test_encrypted_pdf_is_named_so),
        cmocka_unit_test(test_pdf_without_pages_is_named_so),
        cmocka_unit_test(test_pdf_that_counts_pages_it_does_not_have_is_corrupt),
        cmocka_unit_test(test_page_tree_that_doubles_at_each_level_is_refused_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
