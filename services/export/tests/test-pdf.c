#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "services/export/tests/document_fixture.h"
#include "services/export/tests/pdf_reader.h"
#include "services/export/tests/picture_fixture.h"

struct exported {
    struct buf file;
    struct pdf_reader *reader;
};

static void export_pages(struct exported *exported, Ocrmesh__Ocr__V1__Job *job,
                         Ocrmesh__Document__V1__Page *const *pages, size_t count)
{
    struct status st = {0};

    buf_init(&exported->file, FIXTURE_FILE_MAX_BYTES);
    job->retains_renditions = true;
    assert_int_equal(
        fixture_try(&format_pdf, NULL, fixture_pictures(), job, pages, count, &exported->file, &st),
        STATUS_OK);
    exported->reader = pdf_reader_new(buf_str(&exported->file));
}

static void exported_deinit(struct exported *exported)
{
    pdf_reader_free(exported->reader);
    buf_deinit(&exported->file);
}

/* The page's object: the index-th with "/Type/Page/" in it. */
static const char *page_object(struct pdf_reader *reader, size_t index)
{
    for (size_t number = 1; number < pdf_reader_count(reader); number++) {
        const char *object = pdf_reader_object(reader, number);

        if (object != NULL && strstr(object, "/Type/Page/") != NULL && index-- == 0)
            return object;
    }
    fail();
    return NULL;
}

static Ocrmesh__Document__V1__Page *sized_page(uint32_t index, uint32_t width, uint32_t height,
                                               float dpi)
{
    Ocrmesh__Document__V1__Page *page = fixture_page(index % FIXTURE_PAGES_MAX, "", "");

    page->index = index;
    page->width = width;
    page->height = height;
    page->dpi = dpi;
    return page;
}

static void test_a_page_is_as_large_as_its_image(void **state)
{
    Ocrmesh__Document__V1__Page *pages[] = {
        sized_page(10, 1700, 2200, 200), /* Letter */
        sized_page(11, 100, 100, NAN),   sized_page(12, 0, 0, 200),
        sized_page(13, 65535, 10, 72),   sized_page(14, 1, 1, 600),
    };
    struct exported exported;

    export_pages(&exported, fixture_job(5), pages, 5);
    assert_non_null(strstr(page_object(exported.reader, 0), "/MediaBox[0 0 612 792 ]"));
    assert_non_null(strstr(page_object(exported.reader, 1), "/MediaBox[0 0 75 75 ]"));
    assert_non_null(strstr(page_object(exported.reader, 2), "/MediaBox[0 0 595 842 ]"));
    assert_non_null(strstr(page_object(exported.reader, 3), "/MediaBox[0 0 14400 3 ]"));
    assert_non_null(strstr(page_object(exported.reader, 4), "/MediaBox[0 0 3 3 ]"));
    exported_deinit(&exported);
}

static void test_pictures_are_passed_on_as_they_are(void **state)
{
    static const char *const told[] = {
        "/Width 16/Height 8 /Filter/DCTDecode/ColorSpace/DeviceGray/BitsPerComponent 8",
        "/Width 4/Height 4 /Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3"
        "/BitsPerComponent 8/Columns 4>>/ColorSpace/DeviceRGB/BitsPerComponent 8",
        "/Width 32/Height 16 /Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 32/Rows 16>>"
        "/ColorSpace/DeviceGray/BitsPerComponent 1",
    };
    Ocrmesh__Document__V1__Page *pages[] = {
        sized_page(FIXTURE_PICTURE_JPEG, 160, 80, 72),
        sized_page(FIXTURE_PICTURE_PNG_ROWS, 40, 40, 72),
        sized_page(FIXTURE_PICTURE_GROUP_4, 320, 160, 72),
    };
    struct exported exported;

    export_pages(&exported, fixture_job(3), pages, 3);
    for (uint32_t i = 0; i < ARRAY_LENGTH(told); i++) {
        struct page_image_query query = {
            OCRMESH__DOCUMENT__V1__PAGE_IMAGE_KIND__PAGE_IMAGE_KIND_RENDITION, i, 0};
        Ocrmesh__Document__V1__PageImage description;
        size_t length;
        const uint8_t *bytes = fixture_picture(&query, &description, &length);
        const char *page = page_object(exported.reader, i);
        const char *name = strstr(page, "/XObject<</I ");

        assert_non_null(name);
        size_t number = strtoul(name + strlen("/XObject<</I "), NULL, 10);
        assert_non_null(strstr(pdf_reader_object(exported.reader, number), told[i]));
        assert_non_null(memmem(exported.file.data, exported.file.length, bytes, length));
    }
    /* Placed over the whole page. */
    const char *contents = strstr(page_object(exported.reader, 0), "/Contents ");
    assert_string_equal(
        pdf_reader_stream(exported.reader, strtoul(contents + strlen("/Contents "), NULL, 10)).p,
        "q 160 0 0 80 0 0 cm/I Do Q\n");
    exported_deinit(&exported);
}

static void test_a_picture_that_lies_fails_the_file(void **state)
{
    static const uint32_t liars[] = {FIXTURE_PICTURE_SHORT, FIXTURE_PICTURE_LONG,
                                     FIXTURE_PICTURE_MISPLACED};

    for (size_t i = 0; i < ARRAY_LENGTH(liars); i++) {
        Ocrmesh__Ocr__V1__Job *job = fixture_job(1);
        Ocrmesh__Document__V1__Page *page = sized_page(liars[i], 16, 8, 72);
        struct buf file;
        struct status st = {0};

        buf_init(&file, FIXTURE_FILE_MAX_BYTES);
        job->retains_renditions = true;
        assert_int_not_equal(
            fixture_try(&format_pdf, NULL, fixture_pictures(), job, &page, 1, &file, &st),
            STATUS_OK);
        buf_deinit(&file);
    }
}

static void test_a_job_that_keeps_no_renditions_is_not_asked_for_any(void **state)
{
    Ocrmesh__Document__V1__Page *page = sized_page(FIXTURE_PICTURE_JPEG, 16, 8, 72);
    struct buf file;
    struct status st = {0};

    buf_init(&file, FIXTURE_FILE_MAX_BYTES);
    assert_int_equal(
        fixture_try(&format_pdf, NULL, fixture_pictures(), fixture_job(1), &page, 1, &file, &st),
        STATUS_OK);
    assert_null(memmem(file.data, file.length, "DCTDecode", 9));
    buf_deinit(&file);
}

/* A word of 100 x 20 pixels at 72 dpi: in an em of 20 points it stands 16 above the baseline and 4
 * below, six and two eighths; ten glyphs of half an em each are 100 points wide. */
static void test_a_word_fills_its_box(void **state)
{
    Ocrmesh__Document__V1__BoundingBox box = OCRMESH__DOCUMENT__V1__BOUNDING_BOX__INIT;
    Ocrmesh__Document__V1__Baseline baseline = OCRMESH__DOCUMENT__V1__BASELINE__INIT;
    Ocrmesh__Document__V1__Word word = OCRMESH__DOCUMENT__V1__WORD__INIT, *words[] = {&word};
    Ocrmesh__Document__V1__Line line = OCRMESH__DOCUMENT__V1__LINE__INIT, *lines[] = {&line};
    Ocrmesh__Document__V1__Block block = OCRMESH__DOCUMENT__V1__BLOCK__INIT, *blocks[] = {&block};
    Ocrmesh__Document__V1__Page *page = sized_page(100, 400, 300, 72);
    struct exported exported;

    box.x0 = 50;
    box.y0 = 100;
    box.x1 = 150;
    box.y1 = 120;
    baseline.x0 = 50;
    baseline.x1 = 150;
    baseline.y0 = baseline.y1 = 115;
    word.text = (char *)"abcdefghij";
    word.bbox = &box;
    line.words = words;
    line.n_words = 1;
    line.baseline = &baseline;
    block.lines = lines;
    block.n_lines = 1;
    block.kind = OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING;
    block.text = word.text;
    block.bbox = &box;
    page->blocks = blocks;
    page->n_blocks = 1;
    page->language = (char *)"en";
    export_pages(&exported, fixture_job(1), &page, 1);

    const char *contents = strstr(page_object(exported.reader, 0), "/Contents ");
    struct str content =
        pdf_reader_stream(exported.reader, strtoul(contents + strlen("/Contents "), NULL, 10));
    assert_non_null(memmem(content.p, content.n, "BT 3 Tr\n/F0 20 Tf\n1 0 0 1 50 185 Tm\n100 Tz(",
                           strlen("BT 3 Tr\n/F0 20 Tf\n1 0 0 1 50 185 Tm\n100 Tz(")));
    /* Six eighths of an em up, two down; every code has a meaning; the heading is a bookmark. */
    bool has_face = false, has_map = false, has_bookmark = false, has_language = false;
    for (size_t number = 1; number < pdf_reader_count(exported.reader); number++) {
        const char *object = pdf_reader_object(exported.reader, number);

        if (object == NULL)
            continue;
        has_face |= strstr(object, "/Ascent 750/Descent -250") != NULL;
        has_bookmark |= strstr(object, "/XYZ 50 200 null") != NULL;
        has_language |= strstr(object, "/Lang(en)") != NULL;
        if (strstr(object, "/Length") != NULL)
            has_map |= strstr(pdf_reader_stream(exported.reader, number).p, "> <0061>\n") != NULL ||
                       strstr(pdf_reader_stream(exported.reader, number).p, "><0061>\n") != NULL;
    }
    assert_true(has_face);
    assert_true(has_map);
    assert_true(has_bookmark);
    assert_true(has_language);
    exported_deinit(&exported);
}

static void test_a_document_without_pages_is_a_file(void **state)
{
    struct exported exported;

    export_pages(&exported, fixture_job(0), NULL, 0);
    assert_non_null(page_object(exported.reader, 0));
    exported_deinit(&exported);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_is_as_large_as_its_image),
        cmocka_unit_test(test_pictures_are_passed_on_as_they_are),
        cmocka_unit_test(test_a_picture_that_lies_fails_the_file),
        cmocka_unit_test(test_a_job_that_keeps_no_renditions_is_not_asked_for_any),
        cmocka_unit_test(test_a_word_fills_its_box),
        cmocka_unit_test(test_a_document_without_pages_is_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
