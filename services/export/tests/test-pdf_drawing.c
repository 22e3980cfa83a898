#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/pdf/content_check.h"
#include "services/export/pdf/drawing.h"
#include "services/export/tests/pdf_reader.h"
#include "services/export/tests/picture_fixture.h"

/* --- content streams --- */

static bool is_let_through(const char *content)
{
    struct content_names names = {2, 1};
    bool has_cmyk;

    return content_check(str_of(content), &names, &has_cmyk);
}

static void test_paths_states_colours_and_objects_are_let_through(void **state)
{
    assert_true(is_let_through(""));
    assert_true(is_let_through(" \r\n\t"));
    assert_true(is_let_through("10 20 m 30.5 -.4 l 1 2 3 4 5 6 c 1 2 3 4 v 1 2 3 4 y h S"));
    assert_true(is_let_through("0 0 5 5 re W n 0 0 5 5 re f* 1 1 1 1 re b*"));
    assert_true(is_let_through("q 1 0 0 1 +5 6 cm 2 w 1 J 0 j 10 M [3 1.5] 0 d [] 0 d Q"));
    assert_true(is_let_through("0.5 g 1 G 1 0 0 rg 0 1 0 RG 0 0 0 1 k 0 0 0 1 K"));
    assert_true(is_let_through("/G0 Do/G1 Do\n/I0 Do"));
}

static void test_everything_else_is_refused(void **state)
{
    static const char *const refused[] = {
        "BT ET",
        "/F1 12 Tf",
        "(text) Tj",
        "<41> Tj",
        "/GS0 gs",
        "/Sh0 sh",
        "BI ID EI",
        "/G0 BMC EMC",
        "/OC /G0 BDC",
        "% a comment",
        "/G2 Do",
        "/I1 Do",
        "/G Do",
        "/G-1 Do",
        "/G0x Do",
        "/Im0 Do",
        "/G0",
        "/G0 S",
        "1 /G0 Do",
        "/G0 1 Do",
        "1 m",
        "1 2 3 m",
        "1 2 m 3",
        "1e5 2 m",
        "1..2 2 m",
        "- 2 m",
        "nan 2 m",
        "[1 2 d",
        "[1 x] 0 d",
        "[1] d",
        "1 [1] 0 d",
        "[1] 0 w",
        "q",
        "Q",
        "q Q Q q",
        "1 2 mS",
        "0 cs",
        "/DeviceN cs",
        "1 i",
        "/Perceptual ri",
        "1 2 m\f3 4 l",
        "1111111111111111111111111 2 m",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        if (is_let_through(refused[i]))
            print_error("%s\n", refused[i]);
        assert_false(is_let_through(refused[i]));
    }
}

static void test_states_are_saved_no_deeper_than_pdf_a_allows(void **state)
{
    char content[4 * (CONTENT_CHECK_DEPTH_MAX + 1) + 1] = "";

    for (int i = 0; i < CONTENT_CHECK_DEPTH_MAX; i++)
        strcat(content, "q ");
    for (int i = 0; i < CONTENT_CHECK_DEPTH_MAX; i++)
        strcat(content, "Q ");
    assert_true(is_let_through(content));
    content[0] = '\0';
    for (int i = 0; i <= CONTENT_CHECK_DEPTH_MAX; i++)
        strcat(content, "q ");
    for (int i = 0; i <= CONTENT_CHECK_DEPTH_MAX; i++)
        strcat(content, "Q ");
    assert_false(is_let_through(content));
}

static void test_colours_of_four_inks_are_told(void **state)
{
    struct content_names names = {0, 0};
    bool has_cmyk;

    assert_true(content_check(STR("0 0 0 1 k"), &names, &has_cmyk));
    assert_true(has_cmyk);
    assert_true(content_check(STR("0 0 1 rg"), &names, &has_cmyk));
    assert_false(has_cmyk);
}

/* --- drawings --- */

/* A source of one drawing. */
struct drawing_source {
    struct page_image_source source;
    struct page_image_reader reader;
    Ocrmesh__Document__V1__PageImage description;
    uint8_t *packed;
    bool is_read;
};

static status_code read_drawing(struct page_image_reader *reader, struct str *ret_chunk,
                                struct status *st)
{
    struct drawing_source *source =
        (struct drawing_source *)((char *)reader - offsetof(struct drawing_source, reader));

    *ret_chunk = (struct str){(const char *)source->packed,
                              source->is_read ? 0 : (size_t)source->description.size_bytes};
    source->is_read = true;
    return STATUS_OK;
}

static void close_drawing(struct page_image_reader *reader)
{
}

static status_code open_drawing(struct page_image_source *base,
                                const struct page_image_query *query,
                                struct page_image_reader **ret_reader, struct status *st)
{
    struct drawing_source *source = (struct drawing_source *)base;

    source->reader = (struct page_image_reader){&source->description, read_drawing, close_drawing};
    source->is_read = false;
    *ret_reader = &source->reader;
    return STATUS_OK;
}

static void source_init(struct drawing_source *source,
                        const Ocrmesh__Document__V1__PageDrawing *drawing)
{
    *source = (struct drawing_source){.source = {open_drawing}};
    ocrmesh__document__v1__page_image__init(&source->description);
    source->description.encoding =
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_ENCODING__PAGE_IMAGE_ENCODING_DRAWING;
    source->description.width = source->description.height = 100;
    source->packed = malloc(ocrmesh__document__v1__page_drawing__get_packed_size(drawing) + 1);
    assert_non_null(source->packed);
    source->description.size_bytes =
        (int64_t)ocrmesh__document__v1__page_drawing__pack(drawing, source->packed);
}

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

/* A file with the drawing written twice, as two pages would. */
static status_code write_twice(const Ocrmesh__Document__V1__PageDrawing *drawing, struct buf *file,
                               struct pdf_picture *ret_first, struct pdf_picture *ret_second)
{
    struct drawing_source source;
    struct pdf_drawn_glyphs glyphs = {0};
    struct pdf_profiles profiles = {0};
    struct page_image_query query = {0};
    struct pdf_picture *pictures[] = {ret_first, ret_second};
    static const uint8_t id[PDF_WRITER_ID_BYTES];
    struct pdf_writer writer;
    struct sink sink;
    struct status st = {0};
    status_code code = STATUS_OK;

    source_init(&source, drawing);
    sink_init(&sink, keep, file);
    pdf_writer_init(&writer, &sink);
    for (int i = 0; i < 2 && code == STATUS_OK; i++) {
        struct page_image *image = NULL;

        assert_int_equal(page_image_open(&source.source, &query, &image, &st), STATUS_OK);
        code =
            pdf_drawing_write(image, &profiles, &glyphs, 100, 200, 0.5, &writer, pictures[i], &st);
        page_image_free(image);
    }
    pdf_writer_finish(&writer, 1, 1, id);
    assert_int_equal(sink_finish(&sink, &st), STATUS_OK);
    pdf_drawn_glyphs_deinit(&glyphs);
    pdf_writer_deinit(&writer);
    sink_deinit(&sink);
    free(source.packed);
    return code;
}

static ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

static void test_a_drawing_is_a_form_and_shares_its_glyphs(void **state)
{
    Ocrmesh__Document__V1__PageDrawing drawing = OCRMESH__DOCUMENT__V1__PAGE_DRAWING__INIT;
    Ocrmesh__Document__V1__DrawingImage image = OCRMESH__DOCUMENT__V1__DRAWING_IMAGE__INIT;
    Ocrmesh__Document__V1__DrawingImage *images[] = {&image};
    Ocrmesh__Document__V1__PageImage description;
    struct page_image_query query = {
        OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, FIXTURE_PICTURE_GROUP_4,
        0};
    ProtobufCBinaryData glyphs[] = {bytes_of("0 0 m 1 0 l 1 1 l f"), bytes_of("0 0 1 1 re f")};
    struct pdf_picture first = {0}, second = {0};
    struct buf file;
    size_t length;

    image.data.data = (uint8_t *)fixture_picture(&query, &description, &length);
    image.data.len = length;
    image.image = &description;
    image.is_mask = true;
    drawing.content = bytes_of("q 0 0 0 1 k /G0 Do /G1 Do Q /I0 Do");
    drawing.glyphs = glyphs;
    drawing.n_glyphs = 2;
    drawing.images = images;
    drawing.n_images = 1;
    buf_init(&file, 1 << 20);
    assert_int_equal(write_twice(&drawing, &file, &first, &second), STATUS_OK);

    struct pdf_reader *reader = pdf_reader_new(buf_str(&file));
    const char *form = pdf_reader_object(reader, first.number);
    assert_non_null(strstr(form, "/Subtype/Form/BBox[0 0 100 200 ]"));
    assert_non_null(strstr(form, "/DefaultCMYK[/ICCBased "));
    assert_string_equal(pdf_reader_stream(reader, first.number).p, (char *)drawing.content.data);
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "G0" : "G1";
        size_t number = pdf_reader_reference(reader, first.number, name);

        assert_int_equal(pdf_reader_reference(reader, second.number, name), number);
        assert_string_equal(pdf_reader_stream(reader, number).p, (char *)glyphs[i].data);
    }
    const char *stencil =
        pdf_reader_object(reader, pdf_reader_reference(reader, first.number, "I0"));
    assert_non_null(strstr(stencil, "/ImageMask true/BitsPerComponent 1"));
    assert_null(strstr(stencil, "/ColorSpace"));
    /* From pixels with the origin at the top to points with it below. */
    assert_true(first.matrix[0] == 0.5 && first.matrix[3] == -0.5 && first.matrix[5] == 100);
    pdf_reader_free(reader);
    buf_deinit(&file);
}

static void test_a_drawing_that_holds_what_it_may_not_is_refused(void **state)
{
    Ocrmesh__Document__V1__PageDrawing drawing = OCRMESH__DOCUMENT__V1__PAGE_DRAWING__INIT;
    Ocrmesh__Document__V1__DrawingImage image = OCRMESH__DOCUMENT__V1__DRAWING_IMAGE__INIT;
    Ocrmesh__Document__V1__DrawingImage *images[] = {&image};
    ProtobufCBinaryData glyph = bytes_of("/G0 Do");
    struct pdf_picture first = {0}, second = {0};
    struct buf file;

    for (int i = 0; i < 3; i++) {
        ocrmesh__document__v1__page_drawing__init(&drawing);
        if (i == 0) {
            drawing.content = bytes_of("BT (hidden) Tj ET");
        } else if (i == 1) {
            drawing.glyphs = &glyph; /* that would paint itself */
            drawing.n_glyphs = 1;
        } else {
            drawing.images = images; /* without a description */
            drawing.n_images = 1;
        }
        drawing.content = i > 0 ? bytes_of("n") : drawing.content;
        buf_init(&file, 1 << 20);
        assert_int_equal(write_twice(&drawing, &file, &first, &second), STATUS_INTERNAL);
        buf_deinit(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_states_colours_and_objects_are_let_through),
        cmocka_unit_test(test_everything_else_is_refused),
        cmocka_unit_test(test_states_are_saved_no_deeper_than_pdf_a_allows),
        cmocka_unit_test(test_colours_of_four_inks_are_told),
        cmocka_unit_test(test_a_drawing_is_a_form_and_shares_its_glyphs),
        cmocka_unit_test(test_a_drawing_that_holds_what_it_may_not_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
