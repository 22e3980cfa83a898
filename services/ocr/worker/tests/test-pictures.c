#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>
#include <cmocka.h>
#include <zlib.h>

#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/pictures/picture_encode.h"
#include "services/ocr/worker/pictures/picture_jpeg.h"
#include "services/ocr/worker/pictures/picture_set.h"
#include "services/ocr/worker/prepare.h"
#include "services/ocr/worker/tests/page_fixture.h"

typedef Ocrmesh__Document__V1__PageDrawing PageDrawing;

enum {
    FILE_MAX_BYTES = 8 << 20,
    PAGE_WIDTH = 1200,
    PAGE_HEIGHT = 1700,
    MARK_SIDE = 25,
};

/* Middles of the marks of the page, clear of its lines and of each other. */
static const struct {
    double x, y;
} marks[] = {{110.5, 140.5}, {1080.5, 150.5}, {110.5, 1560.5}, {1000.5, 1580.5}};

/* Lines of dashes, like text from far away, and red marks; turned by so much. */
static struct Pix *marked_page(float clockwise_degrees)
{
    struct Pix *pix = pixCreate(PAGE_WIDTH, PAGE_HEIGHT, 32);

    (void)pixSetAll(pix);
    for (int y = 220; y < 1480; y += 40)
        for (int x = 200; x < 980; x += 30)
            (void)pixRasterop(pix, x, y, 20, 16, PIX_CLR, NULL, 0, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++)
        for (int y = 0; y < MARK_SIDE; y++)
            for (int x = 0; x < MARK_SIDE; x++)
                (void)pixSetPixel(pix, (int)marks[i].x - MARK_SIDE / 2 + x,
                                  (int)marks[i].y - MARK_SIDE / 2 + y, 0xc0000000);
    if (clockwise_degrees != 0) {
        struct Pix *turned = pixRotate(pix, clockwise_degrees * (float)M_PI / 180,
                                       L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
        pixDestroy(&pix);
        pix = turned;
    }
    return pix;
}

/* The middle of what is darker than paper within a window around a point. */
static void find_mark(struct Pix *pix, double *x, double *y)
{
    enum { REACH = 2 * MARK_SIDE };
    double sum = 0, sum_x = 0, sum_y = 0;
    _cleanup_(pix_freep) struct Pix *grey = pixConvertTo8(pix, 0);

    for (int v = (int)*y - REACH; v <= (int)*y + REACH; v++)
        for (int u = (int)*x - REACH; u <= (int)*x + REACH; u++) {
            l_uint32 value = 255;
            if (u < 0 || v < 0 || u >= pixGetWidth(grey) || v >= pixGetHeight(grey))
                continue;
            (void)pixGetPixel(grey, u, v, &value);
            double ink = value > 230 ? 0 : 255 - value;
            sum += ink;
            sum_x += ink * (u + 0.5);
            sum_y += ink * (v + 0.5);
        }
    assert_true(sum > 0);
    *x = sum_x / sum;
    *y = sum_y / sum;
}

static void move(struct affine affine, double *x, double *y)
{
    double u = *x, v = *y;

    *x = affine.a * u + affine.c * v + affine.e;
    *y = affine.b * u + affine.d * v + affine.f;
}

/* A file's page, read and turned as recognition does, and its pictures. */
struct stand {
    struct decoder *decoder;
    struct image *image;
    struct page page;
    struct picture_set set;
};

static void stand_open(struct stand *stand, const struct buf *file, bool is_straightened,
                       uint32_t quarters)
{
    struct status st;
    float skew;

    *stand = (struct stand){0};
    assert_int_equal(decoder_open(fixture_file_of(file), &stand->decoder, &st), STATUS_OK);
    assert_int_equal(decoder_read_page(stand->decoder, 0, &stand->image, &st), STATUS_OK);
    if (is_straightened)
        assert_int_equal(prepare_straighten(stand->image, &skew, &st), STATUS_OK);
    assert_int_equal(image_turn(stand->image, quarters, &st), STATUS_OK);
    stand->page.width = stand->image->width;
    stand->page.height = stand->image->height;
}

static void stand_close(struct stand *stand)
{
    picture_set_deinit(&stand->set);
    image_free(stand->image);
    decoder_close(stand->decoder);
}

static const struct picture *stand_find(const struct stand *stand, picture_kind kind)
{
    for (size_t i = 0; i < stand->set.count; i++)
        if (stand->set.items[i].kind == kind)
            return &stand->set.items[i].picture;
    fail_msg("no picture of kind %d", (int)kind);
    return NULL;
}

static void make(struct stand *stand)
{
    picture_set_make(stand->decoder, stand->image, &stand->page, &stand->set);
}

/* An APP1 segment with that orientation (Exif 2.3 §4.6.4) and a secret. */
static void append_exif(struct buf *out, int orientation)
{
    const unsigned char head[] = {
        0xff, 0xe1, 0, 48, 'E', 'x', 'i',  'f', 0, 0, 'M', 'M', 0, 42, 0,
        0,    0,    8, 0,  1,   1,   0x12, 0,   3, 0, 0,   0,   1, 0,  (unsigned char)orientation,
        0,    0,    0, 0,  0,   0};

    assert_true(buf_append(out, head, sizeof(head)));
    assert_true(buf_append_str(out, "SECRET-OF-GPS."));
}

static void append_jpeg(struct buf *out, struct Pix *pix, int orientation)
{
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(pixWriteMemJpeg(&data, &size, pix, 90, 0), 0);
    assert_true(buf_append(out, data, 2));
    if (orientation != 0)
        append_exif(out, orientation);
    assert_true(buf_append(out, data + 2, size - 2));
    lept_free(data);
}

/* @degrees: by which the page was turned. */
static void assert_marks_are_placed(const struct stand *stand, struct Pix *stored, float degrees)
{
    struct affine to_middle = affine_translate(-PAGE_WIDTH / 2, -PAGE_HEIGHT / 2);
    struct affine turn = affine_then(affine_rotate((double)degrees * M_PI / 180),
                                     affine_translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2));
    const struct picture *rendition = stand_find(stand, PICTURE_OF_RENDITION);
    const struct picture *preview = stand_find(stand, PICTURE_OF_PREVIEW);
    _cleanup_(pix_freep) struct Pix *small =
        pixReadMemJpeg((const l_uint8 *)preview->data.p, preview->data.n, 0, 1, NULL, 0);

    assert_non_null(small);
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
        double x = marks[i].x, y = marks[i].y, seen_x, seen_y;
        move(affine_then(to_middle, turn), &x, &y);
        find_mark(stored, &x, &y);
        move(rendition->placement, &x, &y);
        seen_x = x;
        seen_y = y;
        find_mark(stand->image->pix, &seen_x, &seen_y);
        assert_float_equal(seen_x, x, 1);
        assert_float_equal(seen_y, y, 1);
        double shown_x = x / preview->placement.a, shown_y = y / preview->placement.d;
        x = shown_x;
        y = shown_y;
        find_mark(small, &shown_x, &shown_y);
        assert_float_equal(shown_x, x, 1.5);
        assert_float_equal(shown_y, y, 1.5);
    }
}

static void test_a_jpeg_is_placed_to_the_pixel(void **state)
{
    static const struct {
        int orientation;
        float degrees;
        uint32_t quarters;
    } cases[] = {{0, 0, 0}, {1, 3, 0},  {3, -4, 1}, {6, 2, 0}, {8, 0, 2},
                 {5, 3, 3}, {2, -2, 0}, {7, 0, 1},  {4, 1, 2}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        _cleanup_(pix_freep) struct Pix *pix = marked_page(cases[i].degrees);
        _cleanup_(buf_deinit) struct buf file;
        struct stand stand;

        buf_init(&file, FILE_MAX_BYTES);
        append_jpeg(&file, pix, cases[i].orientation);
        stand_open(&stand, &file, cases[i].degrees != 0, cases[i].quarters);
        make(&stand);

        const struct picture *rendition = stand_find(&stand, PICTURE_OF_RENDITION);
        assert_int_equal(rendition->encoding, PICTURE_JPEG);
        assert_int_equal(rendition->width, PAGE_WIDTH);
        assert_int_equal(rendition->height, PAGE_HEIGHT);
        assert_int_equal(rendition->components, 3);
        assert_marks_are_placed(&stand, pix, cases[i].degrees);
        stand_close(&stand);
    }
}

/* Red is seen as red, and no side is longer than it may be. */
static void test_a_preview_is_small_and_in_colour(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = marked_page(0);
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;
    l_uint32 color;
    l_int32 red, green, blue;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    append_jpeg(&file, pix, 0);
    stand_open(&stand, &file, false, 0);
    make(&stand);
    const struct picture *preview = stand_find(&stand, PICTURE_OF_PREVIEW);
    _cleanup_(pix_freep) struct Pix *small =
        pixReadMemJpeg((const l_uint8 *)preview->data.p, preview->data.n, 0, 1, NULL, 0);

    assert_in_range(pixGetHeight(small), PICTURE_PREVIEW_SIDE_MIN, PICTURE_PREVIEW_SIDE_MAX);
    assert_int_equal(preview->height, pixGetHeight(small));
    (void)pixGetPixel(small, (l_int32)(marks[0].x / preview->placement.a),
                      (l_int32)(marks[0].y / preview->placement.d), &color);
    extractRGBValues(color, &red, &green, &blue);
    assert_in_range(red, 150, 220);
    assert_in_range(green, 0, 40);
    stand_close(&stand);
}

static bool has_text(struct str bytes, const char *text)
{
    return memmem(bytes.p, bytes.n, text, strlen(text)) != NULL;
}

static void test_what_a_jpeg_tells_beside_the_picture_is_left_out(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = marked_page(0);
    _cleanup_(buf_deinit) struct buf plain;
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;
    const unsigned char comment[] = {0xff, 0xfe, 0, 16};
    const unsigned char profile[] = {0xff, 0xe2, 0, 19};
    const unsigned char adobe[] = {0xff, 0xee, 0,   14, 'A', 'd', 'o', 'b',
                                   'e',  0,    100, 0,  0,   0,   0,   1};

    (void)state;
    buf_init(&plain, FILE_MAX_BYTES);
    buf_init(&file, FILE_MAX_BYTES);
    append_jpeg(&plain, pix, 0);
    assert_true(buf_append(&file, plain.data, 2));
    append_exif(&file, 1);
    assert_true(
        buf_append(&file, comment, sizeof(comment)) && buf_append_str(&file, "SECRET-COMMENT") &&
        buf_append(&file, profile, sizeof(profile)) &&
        buf_append(&file, "ICC_PROFILE\0prof!", 17) && buf_append(&file, adobe, sizeof(adobe)) &&
        buf_append(&file, plain.data + 2, plain.length - 2) &&
        buf_append_str(&file, "SECRET-TRAILER"));
    stand_open(&stand, &file, false, 0);
    make(&stand);
    struct str bytes = stand_find(&stand, PICTURE_OF_RENDITION)->data;

    assert_false(has_text(bytes, "SECRET"));
    assert_false(has_text(bytes, "Exif"));
    assert_true(has_text(bytes, "ICC_PROFILE"));
    assert_true(has_text(bytes, "Adobe"));
    assert_true(has_text(bytes, "JFIF"));
    /* The picture itself is untouched. */
    assert_int_equal(bytes.n, plain.length + 4 + 17 + sizeof(adobe));
    stand_close(&stand);
}

static void test_a_jpeg_that_is_cut_short_is_not_passed_on(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = marked_page(0);
    _cleanup_(buf_deinit) struct buf file;
    struct picture picture;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    append_jpeg(&file, pix, 1);
    for (size_t length = 0; length < file.length; length += length < 700 ? 1 : 997)
        assert_false(
            picture_from_jpeg((struct file_bytes){(const uint8_t *)file.data, length}, &picture));
}

/* --- PNG --- */

static void append_png(struct buf *out, struct Pix *pix)
{
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(pixWriteMemPng(&data, &size, pix, 0), 0);
    assert_true(buf_append(out, data, size));
    lept_free(data);
}

static void test_rows_of_a_png_are_passed_on(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = marked_page(0);
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;
    uLongf length = (PAGE_WIDTH * 3 + 1) * PAGE_HEIGHT + 1;
    _cleanup_(freep) uint8_t *rows = malloc(length);

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    append_png(&file, pix);
    stand_open(&stand, &file, false, 0);
    make(&stand);
    const struct picture *rendition = stand_find(&stand, PICTURE_OF_RENDITION);

    assert_int_equal(rendition->encoding, PICTURE_PNG_ROWS);
    assert_int_equal(rendition->components, 3);
    assert_int_equal(rendition->bits_per_component, 8);
    assert_int_equal(
        uncompress(rows, &length, (const uint8_t *)rendition->data.p, rendition->data.n), Z_OK);
    assert_int_equal(length, (PAGE_WIDTH * 3 + 1) * PAGE_HEIGHT);
    stand_close(&stand);
}

static void test_a_transparent_png_lies_on_white(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = pixCreate(100, 80, 32);
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;

    (void)state;
    (void)pixSetSpp(pix, 4); /* black, and all of it transparent */
    buf_init(&file, FILE_MAX_BYTES);
    append_png(&file, pix);
    stand_open(&stand, &file, false, 0);
    make(&stand);
    /* White alone is black and white. */
    assert_int_equal(stand_find(&stand, PICTURE_OF_RENDITION)->encoding, PICTURE_CCITT_G4);
    stand_close(&stand);
}

/* --- Other formats --- */

static void test_black_and_white_is_packed_as_fax(void **state)
{
    static const fixture_format formats[] = {FIXTURE_BMP, FIXTURE_GIF, FIXTURE_WEBP,
                                             FIXTURE_TIFF_G4};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        _cleanup_(buf_deinit) struct buf file;
        struct stand stand;
        buf_init(&file, FILE_MAX_BYTES);
        fixture_image(&file, formats[i]);
        stand_open(&stand, &file, false, 0);
        make(&stand);
        const struct picture *rendition = stand_find(&stand, PICTURE_OF_RENDITION);
        assert_int_equal(rendition->encoding, PICTURE_CCITT_G4);
        assert_int_equal(rendition->width, FIXTURE_WIDTH);
        assert_int_equal(rendition->height, FIXTURE_HEIGHT);
        assert_int_equal(rendition->bits_per_component, 1);
        assert_false(rendition->is_inverted);
        if (formats[i] == FIXTURE_TIFF_G4)
            assert_non_null(memmem(file.data, file.length, rendition->data.p, rendition->data.n));
        stand_close(&stand);
    }
}

/* An image as the only thing on a page of its own size. @entries: of its dictionary. */
static void append_image_pdf(struct buf *out, const struct picture *picture, const char *entries)
{
    _cleanup_(buf_deinit) struct buf page, image;
    const char *content = "q 100 0 0 100 0 0 cm /I Do Q";
    char stream[128];

    buf_init(&page, 4096);
    buf_init(&image, FILE_MAX_BYTES);
    assert_true(buf_append_str(&page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents "
                                      "4 0 R/Resources<</XObject<</I 5 0 R>>>>>>"));
    assert_true(buf_printf(&image, "<</Subtype/Image/Width %u/Height %u/Length %zu%s>>stream\n",
                           picture->width, picture->height, 2 * picture->data.n + 1, entries));
    for (size_t i = 0; i < picture->data.n; i++)
        assert_true(buf_printf(&image, "%02x", (unsigned char)picture->data.p[i]));
    assert_true(buf_append_str(&image, ">\nendstream"));
    (void)snprintf(stream, sizeof(stream), "<</Length %zu>>stream\n%s\nendstream", strlen(content),
                   content);
    const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>",
                                   "<</Type/Pages/Kids[3 0 R]/Count 1>>", page.data, stream,
                                   image.data};
    fixture_pdf(out, objects, ARRAY_LENGTH(objects), "");
}

/* What was packed stands in a PDF as it is, shows the same there, and comes out of it again. */
static void assert_comes_through_pdf(const struct picture *picture, struct Pix *shown,
                                     const char *entries)
{
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;
    l_int32 is_same = 0;

    buf_init(&file, 4 * FILE_MAX_BYTES);
    append_image_pdf(&file, picture, entries);
    stand_open(&stand, &file, false, 0);
    _cleanup_(pix_freep) struct Pix *grey = pixConvertTo8(shown, 0);
    assert_int_equal(pixEqual(grey, stand.image->pix, &is_same), 0);
    assert_true(is_same);
    make(&stand);
    const struct picture *again = stand_find(&stand, PICTURE_OF_RENDITION);
    assert_int_equal(again->encoding, picture->encoding);
    assert_int_equal(again->is_inverted, picture->is_inverted);
    assert_int_equal(again->data.n, picture->data.n);
    assert_memory_equal(again->data.p, picture->data.p, picture->data.n);
    assert_int_equal(again->palette.n, picture->palette.n);
    stand_close(&stand);
}

static void test_fax_comes_through_a_pdf(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(700, 500, 12);
    _cleanup_(pix_freep) struct Pix *binary = pixConvertTo1(page, 128);
    struct picture picture;

    (void)state;
    assert_true(picture_encode(binary, FILE_MAX_BYTES, &picture));
    assert_int_equal(picture.encoding, PICTURE_CCITT_G4);
    assert_comes_through_pdf(&picture, binary,
                             "/BitsPerComponent 1/ColorSpace/DeviceGray"
                             "/Filter[/ASCIIHexDecode/CCITTFaxDecode]"
                             "/DecodeParms[null<</K -1/Columns 700/Rows 500>>]");
    picture.is_inverted = true;
    _cleanup_(pix_freep) struct Pix *inverted = pixInvert(NULL, binary);
    assert_comes_through_pdf(&picture, inverted,
                             "/BitsPerComponent 1/ColorSpace/DeviceGray"
                             "/Filter[/ASCIIHexDecode/CCITTFaxDecode]"
                             "/DecodeParms[null<</K -1/Columns 700/Rows 500/BlackIs1 true>>]");
    picture_deinit(&picture);
}

/* As of a screen: few colours in large areas. */
static struct Pix *colored_areas(void)
{
    struct Pix *pix = pixCreate(300, 200, 32);

    (void)pixSetAll(pix);
    for (int y = 20; y < 100; y++)
        for (int x = 30; x < 200; x++)
            (void)pixSetPixel(pix, x, y, y < 60 ? 0x2040c000 : 0xf0e01000);
    return pix;
}

static void test_few_colours_are_packed_as_rows_with_a_palette(void **state)
{
    _cleanup_(pix_freep) struct Pix *pix = colored_areas();
    struct picture picture;

    (void)state;
    assert_true(picture_encode(pix, FILE_MAX_BYTES, &picture));
    assert_int_equal(picture.encoding, PICTURE_PNG_ROWS);
    assert_int_equal(picture.palette.n, 9);
    assert_int_equal(picture.components, 1);
    picture_deinit(&picture);
}

static void test_rows_come_through_a_pdf(void **state)
{
    _cleanup_(pix_freep) struct Pix *page = fixture_letters(700, 500, 12);
    struct picture picture;

    (void)state;
    for (int y = 0; y < 40; y++)
        (void)pixSetPixel(page, 300 + y, y, 100); /* grey */
    assert_true(picture_encode(page, FILE_MAX_BYTES, &picture));
    assert_int_equal(picture.encoding, PICTURE_PNG_ROWS);
    assert_int_equal(picture.bits_per_component, 8);
    assert_comes_through_pdf(&picture, page,
                             "/BitsPerComponent 8/ColorSpace/DeviceGray"
                             "/Filter[/ASCIIHexDecode/FlateDecode]"
                             "/DecodeParms[null<</Predictor 15/Columns 700/Colors 1>>]");
    picture_deinit(&picture);
}

/* As of a camera. */
static struct Pix *noise(int width, int height)
{
    struct Pix *pix = pixCreate(width, height, 32);
    uint32_t value = 1;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            value = value * 1664525 + 1013904223;
            (void)pixSetPixel(pix, x, y, value & 0xffffff00);
        }
    return pix;
}

static void test_what_is_too_large_is_made_smaller(void **state)
{
    enum { BYTES_MAX = 20000 };
    _cleanup_(pix_freep) struct Pix *pix = noise(400, 300);
    struct picture picture;

    (void)state;
    assert_true(picture_encode(pix, BYTES_MAX, &picture));
    assert_int_equal(picture.encoding, PICTURE_JPEG);
    assert_in_range(picture.data.n, 1, BYTES_MAX);
    assert_true(picture.width < 400);
    assert_float_equal(picture.placement.a * picture.width, 400, 1e-6);
    assert_float_equal(picture.placement.d * picture.height, 300, 1e-6);
    picture_deinit(&picture);
}

static void test_a_drawn_page_keeps_its_colours(void **state)
{
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    fixture_pdf_page(&file, "1 0 0 rg 72 698 72 72 re f 0 g 300 300 50 50 re f", "");
    stand_open(&stand, &file, false, 0);
    assert_false(stand.image->is_grey);
    stand.page.hides_text = true; /* so that it is no drawing */
    make(&stand);
    const struct picture *rendition = stand_find(&stand, PICTURE_OF_RENDITION);
    assert_int_equal(rendition->width, stand.image->width);
    assert_int_equal(rendition->encoding, PICTURE_PNG_ROWS);
    stand_close(&stand);
}

static void test_a_drawn_page_without_colours_is_grey(void **state)
{
    _cleanup_(buf_deinit) struct buf file;
    struct stand stand;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    fixture_pdf_page(&file, fixture_pdf_letter, "");
    stand_open(&stand, &file, false, 0);
    assert_true(stand.image->is_grey);
    stand.page.hides_text = true; /* so that it is no drawing */
    make(&stand);
    assert_int_equal(stand_find(&stand, PICTURE_OF_RENDITION)->components, 1);
    stand_close(&stand);
}

/* --- Drawings --- */

static PageDrawing *unpack_drawing(const struct picture *picture)
{
    PageDrawing *drawing = ocrmesh__document__v1__page_drawing__unpack(
        NULL, picture->data.n, (const uint8_t *)picture->data.p);

    assert_non_null(drawing);
    return drawing;
}

static const char *append_stream(struct buf *out, const char *entries, const void *bytes,
                                 size_t length)
{
    assert_true(buf_printf(out, "<<%s/Length %zu>>stream\n%.*s\nendstream", entries, length,
                           (int)length, (const char *)bytes));
    return out->data;
}

/* The drawing of a page of 595 x 842 points at 300 dpi as a PDF, as an export writes it. */
static void append_drawing_pdf(struct buf *out, const PageDrawing *drawing)
{
    enum { FIRST = 4, OBJECTS_MAX = 128 };
    static struct buf streams[OBJECTS_MAX];
    const char *objects[OBJECTS_MAX];
    _cleanup_(buf_deinit) struct buf page, content;
    size_t count = FIRST;

    assert_true(FIRST + drawing->n_glyphs + drawing->n_images <= OBJECTS_MAX);
    buf_init(&page, 1 << 20);
    buf_init(&content, 1 << 20);
    assert_true(buf_printf(&content, "q .24 0 0 -.24 0 842 cm\n%.*s\nQ", (int)drawing->content.len,
                           (const char *)drawing->content.data));
    assert_true(buf_append_str(&page, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents "
                                      "4 0 R/Resources<</XObject<<"));
    for (size_t i = 0; i < OBJECTS_MAX; i++)
        buf_init(&streams[i], FILE_MAX_BYTES);
    for (size_t i = 0; i < drawing->n_glyphs; i++, count++) {
        objects[count] = append_stream(&streams[count], "/Subtype/Form/BBox[-9 -9 9 9]",
                                       drawing->glyphs[i].data, drawing->glyphs[i].len);
        assert_true(buf_printf(&page, "/G%zu %zu 0 R", i, count + 1));
    }
    for (size_t i = 0; i < drawing->n_images; i++, count++) {
        _cleanup_(buf_deinit) struct buf hex;
        char entries[300];
        const Ocrmesh__Document__V1__PageImage *image = drawing->images[i]->image;
        buf_init(&hex, FILE_MAX_BYTES);
        for (size_t k = 0; k < drawing->images[i]->data.len; k++)
            assert_true(buf_printf(&hex, "%02x", drawing->images[i]->data.data[k]));
        assert_true(buf_append_str(&hex, ">"));
        assert_int_equal(image->encoding, PICTURE_CCITT_G4);
        (void)snprintf(entries, sizeof(entries),
                       "/Subtype/Image/Width %u/Height %u/BitsPerComponent 1%s"
                       "/Filter[/ASCIIHexDecode/CCITTFaxDecode]"
                       "/DecodeParms[null<</K -1/Columns %u/Rows %u>>]",
                       image->width, image->height,
                       drawing->images[i]->is_mask ? "/ImageMask true" : "/ColorSpace/DeviceGray",
                       image->width, image->height);
        objects[count] = append_stream(&streams[count], entries, hex.data, hex.length);
        assert_true(buf_printf(&page, "/I%zu %zu 0 R", i, count + 1));
    }
    assert_true(buf_append_str(&page, ">>>>>>"));
    objects[0] = "<</Type/Catalog/Pages 2 0 R>>";
    objects[1] = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
    objects[2] = page.data;
    objects[3] = append_stream(&streams[3], "", content.data, content.length);
    fixture_pdf(out, objects, count, "");
    for (size_t i = 0; i < OBJECTS_MAX; i++)
        buf_deinit(&streams[i]);
}

/* Mean difference of grey between the page and its drawing, both drawn. */
static double drawing_difference(const struct buf *file, bool *ret_is_drawn)
{
    _cleanup_(buf_deinit) struct buf again;
    struct stand stand, drawn;
    double difference = 255;

    buf_init(&again, 4 * FILE_MAX_BYTES);
    stand_open(&stand, file, false, 0);
    make(&stand);
    const struct picture *rendition = stand_find(&stand, PICTURE_OF_RENDITION);
    *ret_is_drawn = rendition->encoding == PICTURE_DRAWING;
    if (*ret_is_drawn) {
        l_float32 seen = 0;
        PageDrawing *drawing = unpack_drawing(rendition);
        append_drawing_pdf(&again, drawing);
        ocrmesh__document__v1__page_drawing__free_unpacked(drawing, NULL);
        stand_open(&drawn, &again, false, 0);
        assert_int_equal(drawn.image->width, stand.image->width);
        assert_int_equal(drawn.image->height, stand.image->height);
        assert_int_equal(pixCompareGray(stand.image->pix, drawn.image->pix, L_COMPARE_ABS_DIFF, 0,
                                        NULL, &seen, NULL, NULL),
                         0);
        difference = (double)seen;
        stand_close(&drawn);
    }
    stand_close(&stand);
    return difference;
}

static void test_drawings_show_what_the_page_shows(void **state)
{
    static const char *const contents[] = {
        /* text */
        NULL,
        /* lines and shapes */
        "1 0 0 RG 3 w 1 J 1 j 72 700 m 200 750 l 300 690 l S 0 .5 1 rg 100 400 200 100 re f "
        "[6 3] 0 d .5 g 2 0 0 .5 0 0 cm 100 1000 m 150 1200 200 800 250 1100 c s",
        /* one inside the other */
        "0 g 100 100 200 200 re 150 150 100 100 re f* 300 500 100 100 re 350 550 100 100 re f",
        /* through a shape, then not */
        "q 100 300 m 300 300 l 200 500 l h W n .2 g 0 0 595 842 re f Q 400 400 50 50 re f",
        /* outlines of letters, and through letters */
        "BT /F 80 Tf 1 Tr 2 w 72 600 Td (Strokes) Tj ET "
        "q BT /F 80 Tf 7 Tr 72 400 Td (Clipped) Tj ET 0 0 300 842 re f Q",
        /* a stencil, upright and turned, in colour */
        "q .8 0 0 rg 200 0 0 100 100 600 cm BI /W 8 /H 4 /IM true /BPC 1 /F /AHx ID "
        "f0c0a0ff> EI Q q 0 0 1 rg 0 100 -200 0 400 300 cm BI /W 8 /H 4 /IM true /D [1 0] /BPC 1 "
        "/F /AHx ID f0c0a0ff> EI Q",
        /* a picture of black and white */
        "q 200 0 0 100 100 600 cm BI /W 16 /H 4 /CS /G /BPC 1 /F /AHx ID "
        "f0c0a0ff00ff1234> EI Q",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(contents); i++) {
        _cleanup_(buf_deinit) struct buf file;
        bool is_drawn;
        buf_init(&file, FILE_MAX_BYTES);
        fixture_pdf_page(&file, contents[i] != NULL ? contents[i] : fixture_pdf_letter, "");
        double difference = drawing_difference(&file, &is_drawn);
        if (!is_drawn || difference > 0.3)
            fail_msg("content %zu: %d, difference %f", i, is_drawn, difference);
    }
}

static void test_a_turned_page_is_drawn_upright(void **state)
{
    _cleanup_(buf_deinit) struct buf file;
    bool is_drawn;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    /* Its crop box and its turn are the page's, 595 x 842 points as it is seen. */
    fixture_pdf_page(&file,
                     "BT /F 24 Tf 100 300 Td (A page that is turned) Tj ET "
                     "0 .4 1 rg 300 100 50 80 re f",
                     "/MediaBox[-100 -50 900 800]/CropBox[10 20 852 615]/Rotate 90");
    double difference = drawing_difference(&file, &is_drawn);
    assert_true(is_drawn);
    assert_true(difference < 0.3);
}

static void test_text_that_is_not_shown_is_not_in_a_drawing(void **state)
{
    _cleanup_(buf_deinit) struct buf file, plain;
    struct stand hidden, shown;

    (void)state;
    buf_init(&file, FILE_MAX_BYTES);
    buf_init(&plain, FILE_MAX_BYTES);
    fixture_pdf_page(&plain, "BT /F 12 Tf 72 700 Td (Seen) Tj ET", "");
    fixture_pdf_page(
        &file, "BT /F 12 Tf 72 700 Td (Seen) Tj ET BT 3 Tr /F 12 Tf 72 600 Td (xyz) Tj ET", "");
    stand_open(&hidden, &file, false, 0);
    stand_open(&shown, &plain, false, 0);
    make(&hidden);
    make(&shown);
    const struct picture *of_hidden = stand_find(&hidden, PICTURE_OF_RENDITION);
    const struct picture *of_shown = stand_find(&shown, PICTURE_OF_RENDITION);
    PageDrawing *drawing = unpack_drawing(of_hidden);
    struct str content = {(const char *)drawing->content.data, drawing->content.len};

    assert_int_equal(of_hidden->data.n, of_shown->data.n);
    assert_memory_equal(of_hidden->data.p, of_shown->data.p, of_hidden->data.n);
    assert_false(has_text(content, "Tj") || has_text(content, "BT") || has_text(content, "Seen"));
    assert_int_equal(drawing->n_glyphs, 3); /* S, e, n */
    ocrmesh__document__v1__page_drawing__free_unpacked(drawing, NULL);
    stand_close(&hidden);
    stand_close(&shown);
}

static void test_what_a_drawing_cannot_show_is_rendered(void **state)
{
    static const struct {
        const char *content, *page;
    } cases[] = {
        {"/T gs 0 g 100 100 100 100 re f",
         "/Resources<</ExtGState<</T<</ca .5>>>>/Font<</F 5 0 R>>>>"},
        {"/M gs 0 g 100 100 100 100 re f",
         "/Resources<</ExtGState<</M<</BM/Multiply>>>>/Font<</F 5 0 R>>>>"},
        {"/S sh", "/Resources<</Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 595 0]"
                  "/Function<</FunctionType 2/Domain[0 1]/C0[0]/C1[1]/N 1>>>>>>>>"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        _cleanup_(buf_deinit) struct buf file;
        bool is_drawn;
        buf_init(&file, FILE_MAX_BYTES);
        fixture_pdf_page(&file, cases[i].content, cases[i].page);
        (void)drawing_difference(&file, &is_drawn);
        if (is_drawn)
            fail_msg("case %zu is drawn", i);
    }
}

/* --- Figures --- */

static void test_a_figure_is_cut_out_of_the_upright_page(void **state)
{
    enum { ORIENTATIONS = 8 };

    (void)state;
    for (int orientation = 1; orientation <= ORIENTATIONS; orientation++) {
        _cleanup_(pix_freep) struct Pix *pix = marked_page(0);
        _cleanup_(buf_deinit) struct buf file;
        struct stand stand;
        double x = marks[1].x, y = marks[1].y;

        buf_init(&file, FILE_MAX_BYTES);
        append_jpeg(&file, pix, orientation);
        stand_open(&stand, &file, false, 0);
        move(stand.image->placement, &x, &y);
        struct block block = {.kind = BLOCK_FIGURE,
                              .bbox = {(int)x - 20, (int)y - 30, (int)x + 21, (int)y + 51}};
        stand.page.blocks = &block;
        stand.page.block_count = 1;
        make(&stand);
        const struct picture *figure = stand_find(&stand, PICTURE_OF_FIGURE);
        assert_int_equal(figure->width, 41);
        assert_int_equal(figure->height, 81);
        _cleanup_(pix_freep) struct Pix *shown =
            pixReadMem((const l_uint8 *)figure->data.p, figure->data.n);
        double seen_x = 20, seen_y = 30;
        find_mark(shown, &seen_x, &seen_y);
        move(figure->placement, &seen_x, &seen_y);
        assert_float_equal(seen_x, x, 1);
        assert_float_equal(seen_y, y, 1);
        stand_close(&stand);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_jpeg_is_placed_to_the_pixel),
        cmocka_unit_test(test_a_preview_is_small_and_in_colour),
        cmocka_unit_test(test_what_a_jpeg_tells_beside_the_picture_is_left_out),
        cmocka_unit_test(test_a_jpeg_that_is_cut_short_is_not_passed_on),
        cmocka_unit_test(test_rows_of_a_png_are_passed_on),
        cmocka_unit_test(test_a_transparent_png_lies_on_white),
        cmocka_unit_test(test_black_and_white_is_packed_as_fax),
        cmocka_unit_test(test_fax_comes_through_a_pdf),
        cmocka_unit_test(test_few_colours_are_packed_as_rows_with_a_palette),
        cmocka_unit_test(test_rows_come_through_a_pdf),
        cmocka_unit_test(test_what_is_too_large_is_made_smaller),
        cmocka_unit_test(test_a_drawn_page_keeps_its_colours),
        cmocka_unit_test(test_a_drawn_page_without_colours_is_grey),
        cmocka_unit_test(test_drawings_show_what_the_page_shows),
        cmocka_unit_test(test_a_turned_page_is_drawn_upright),
        cmocka_unit_test(test_text_that_is_not_shown_is_not_in_a_drawing),
        cmocka_unit_test(test_what_a_drawing_cannot_show_is_rendered),
        cmocka_unit_test(test_a_figure_is_cut_out_of_the_upright_page),
    };

    (void)setMsgSeverity(L_SEVERITY_NONE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
