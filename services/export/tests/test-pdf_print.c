/*
 * What a page of a PDF shows where no picture of it is kept. DejaVu Sans must be installed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/tests/document_fixture.h"
#include "services/export/tests/pdf_reader.h"

#define BASELINE 115

/* A page of 400 x 300 pixels at 72 dpi with one word, and its file. */
struct printed {
    Ocrmesh__Document__V1__BoundingBox box;
    Ocrmesh__Document__V1__Baseline baseline;
    Ocrmesh__Document__V1__Word word, *words[1];
    Ocrmesh__Document__V1__Line line, *lines[1];
    Ocrmesh__Document__V1__Block block, *blocks[1];
    Ocrmesh__Document__V1__PageError error;
    Ocrmesh__Document__V1__Page *page;
    struct buf file;
    struct pdf_reader *reader;
};

static void set_word(struct printed *printed, const char *text)
{
    ocrmesh__document__v1__bounding_box__init(&printed->box);
    ocrmesh__document__v1__baseline__init(&printed->baseline);
    ocrmesh__document__v1__word__init(&printed->word);
    ocrmesh__document__v1__line__init(&printed->line);
    ocrmesh__document__v1__block__init(&printed->block);
    printed->box.x0 = 50;
    printed->box.y0 = 100;
    printed->box.x1 = 150;
    printed->box.y1 = 120;
    printed->baseline.x0 = 50;
    printed->baseline.x1 = 150;
    printed->baseline.y0 = printed->baseline.y1 = BASELINE;
    printed->word.text = (char *)text;
    printed->word.bbox = &printed->box;
    printed->words[0] = &printed->word;
    printed->line.words = printed->words;
    printed->line.n_words = 1;
    printed->line.baseline = &printed->baseline;
    printed->lines[0] = &printed->line;
    printed->block.lines = printed->lines;
    printed->block.n_lines = 1;
    printed->blocks[0] = &printed->block;
    printed->page->blocks = printed->blocks;
    printed->page->n_blocks = 1;
}

/* The form that shows the page; NULL: nothing is shown. */
static const char *print_page(struct printed *printed, const char *word, uint32_t width,
                              uint32_t height, struct str *ret_content)
{
    struct status st = {0};
    char box[64];

    printed->page = fixture_page(0, "", "");
    printed->page->width = width;
    printed->page->height = height;
    printed->page->dpi = 72;
    if (word != NULL)
        set_word(printed, word);
    else
        printed->page->error = &printed->error;
    buf_init(&printed->file, FIXTURE_FILE_MAX_BYTES);
    assert_int_equal(fixture_try(&format_pdf, NULL, NULL, fixture_job(1), &printed->page, 1,
                                 &printed->file, &st),
                     STATUS_OK);
    printed->page->error = NULL;
    printed->reader = pdf_reader_new(buf_str(&printed->file));
    (void)snprintf(box, sizeof(box), "/BBox[0 0 %u %u ]", width > 0 ? width : 595,
                   height > 0 ? height : 842);
    for (size_t number = 1; number < pdf_reader_count(printed->reader); number++) {
        const char *object = pdf_reader_object(printed->reader, number);

        if (object != NULL && strstr(object, box) != NULL) {
            *ret_content = pdf_reader_stream(printed->reader, number);
            return object;
        }
    }
    return NULL;
}

static void printed_deinit(struct printed *printed)
{
    pdf_reader_free(printed->reader);
    buf_deinit(&printed->file);
}

static size_t count(const char *text, const char *wanted)
{
    size_t found = 0;

    for (text = strstr(text, wanted); text != NULL; text = strstr(text + 1, wanted))
        found++;
    return found;
}

static void test_a_word_is_shown_in_its_box(void **state)
{
    struct printed printed = {0};
    double a, b, c, d, x, y;
    struct str content;

    assert_non_null(print_page(&printed, "abc", 400, 300, &content));
    assert_int_equal(count(content.p, " Do"), 3);
    assert_int_equal(sscanf(content.p, "q %lf %lf %lf %lf %lf %lf cm", &a, &b, &c, &d, &x, &y), 6);
    assert_true(a > 0 && d < 0 && b == 0 && c == 0); /* upright, y downwards */
    assert_true(x == 50 && y == BASELINE);
    printed_deinit(&printed);
}

static void test_a_letter_is_in_the_file_once(void **state)
{
    struct printed printed = {0};
    struct str content;
    const char *form = print_page(&printed, "aaaa", 400, 300, &content);

    assert_int_equal(count(content.p, " Do"), 4);
    assert_int_equal(count(form, "/G"), 1);
    printed_deinit(&printed);
}

/* A character for private use has no shape; the sentence that says so stands at the page's end. */
static void test_a_word_that_no_font_has_is_told_of(void **state)
{
    struct printed printed = {0};
    struct str content;

    assert_non_null(print_page(&printed, "\xEE\x84\xA3\xEE\x84\xA4", 400, 300, &content));
    assert_true(count(content.p, " Do") > 50);
    assert_null(strstr(content.p, " 115 cm"));
    printed_deinit(&printed);
}

static void test_a_page_that_could_not_be_read_says_so(void **state)
{
    struct printed printed = {.error = OCRMESH__DOCUMENT__V1__PAGE_ERROR__INIT};
    struct str content;

    printed.error.message = (char *)"it took too long";
    assert_non_null(print_page(&printed, NULL, 0, 0, &content));
    assert_true(count(content.p, " Do") > 30);
    printed_deinit(&printed);
}

static void test_an_empty_page_shows_nothing(void **state)
{
    struct printed printed = {0};
    struct str content;

    assert_null(print_page(&printed, "", 400, 300, &content));
    printed_deinit(&printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_is_shown_in_its_box),
        cmocka_unit_test(test_a_letter_is_in_the_file_once),
        cmocka_unit_test(test_a_word_that_no_font_has_is_told_of),
        cmocka_unit_test(test_a_page_that_could_not_be_read_says_so),
        cmocka_unit_test(test_an_empty_page_shows_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
