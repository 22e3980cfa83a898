#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "services/export/pdf/outline.h"
#include "services/export/pdf/pages.h"
#include "services/export/pdf/writer.h"
#include "services/export/tests/pdf_reader.h"

static const uint8_t id[PDF_WRITER_ID_BYTES] = {0xAB};

struct output {
    struct buf file;
    struct sink sink;
    struct pdf_writer writer;
    struct pdf_body body;
    struct pdf_reader *reader;
};

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

static void output_init(struct output *output)
{
    *output = (struct output){0};
    buf_init(&output->file, 64 << 20);
    sink_init(&output->sink, keep, &output->file);
    pdf_writer_init(&output->writer, &output->sink);
    pdf_body_init(&output->body, 1 << 20);
}

/* Ends the file and reads it. */
static void output_read(struct output *output, uint32_t root)
{
    struct status st = {0};

    pdf_writer_finish(&output->writer, root, root, id);
    assert_int_equal(sink_finish(&output->sink, &st), STATUS_OK);
    output->reader = pdf_reader_new(buf_str(&output->file));
}

static void output_deinit(struct output *output)
{
    if (output->reader != NULL)
        pdf_reader_free(output->reader);
    pdf_body_deinit(&output->body);
    pdf_writer_deinit(&output->writer);
    sink_deinit(&output->sink);
    buf_deinit(&output->file);
}

static void test_objects_are_found_by_their_numbers(void **state)
{
    enum { COUNT = 250 }; /* more than fit into two object streams */
    struct output output;
    uint32_t numbers[COUNT];
    char text[32];

    output_init(&output);
    for (int i = 0; i < COUNT; i++)
        numbers[i] = pdf_writer_reserve(&output.writer);
    for (int i = COUNT - 1; i >= 0; i--) { /* in another order than they were reserved */
        pdf_body_printf(&output.body, "<</Value %d>>", i);
        pdf_writer_object(&output.writer, numbers[i], &output.body);
    }
    output_read(&output, numbers[0]);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(text, sizeof(text), "<</Value %d>>\n", i);
        assert_string_equal(pdf_reader_object(output.reader, numbers[i]), text);
    }
    assert_int_equal(pdf_reader_reference(output.reader, 0, "Root"), numbers[0]);
    output_deinit(&output);
}

static void test_streams_come_back_as_they_went_in(void **state)
{
    struct output output;
    static char data[300000];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * i >> 7);
    output_init(&output);
    uint32_t deflated = pdf_writer_reserve(&output.writer);
    uint32_t plain = pdf_writer_reserve(&output.writer);
    uint32_t pieces = pdf_writer_reserve(&output.writer);
    pdf_writer_stream(&output.writer, deflated, STR("/A 1"), (struct str){data, sizeof(data)});
    pdf_writer_plain_stream(&output.writer, plain, STR("/B 2"), STR("plain"));
    pdf_writer_stream_begin(&output.writer, pieces, STR("/C 3"), 5);
    pdf_writer_stream_append(&output.writer, "pi", 2);
    pdf_writer_stream_append(&output.writer, "ece", 3);
    pdf_writer_stream_end(&output.writer);
    output_read(&output, deflated);

    struct str back = pdf_reader_stream(output.reader, deflated);
    assert_int_equal(back.n, sizeof(data));
    assert_memory_equal(back.p, data, sizeof(data));
    assert_string_equal(pdf_reader_stream(output.reader, plain).p, "plain");
    assert_string_equal(pdf_reader_stream(output.reader, pieces).p, "piece");
    assert_int_equal(pdf_reader_reference(output.reader, pieces, "C"), 3);
    output_deinit(&output);
}

static void test_a_number_without_an_object_is_free(void **state)
{
    struct output output;

    output_init(&output);
    uint32_t never = pdf_writer_reserve(&output.writer);
    uint32_t root = pdf_writer_reserve(&output.writer);
    pdf_body_printf(&output.body, "<<>>");
    pdf_writer_object(&output.writer, root, &output.body);
    output_read(&output, root);
    assert_null(pdf_reader_object(output.reader, 0));
    assert_null(pdf_reader_object(output.reader, never));
    output_deinit(&output);
}

static void test_a_stream_that_is_not_as_long_as_told_fails_the_file(void **state)
{
    for (size_t length = 4; length <= 6; length += 2) {
        struct output output;
        struct status st = {0};

        output_init(&output);
        pdf_writer_stream_begin(&output.writer, pdf_writer_reserve(&output.writer), STR(""), 5);
        pdf_writer_stream_append(&output.writer, "123456", length);
        pdf_writer_stream_end(&output.writer);
        assert_int_equal(sink_finish(&output.sink, &st), STATUS_INTERNAL);
        output_deinit(&output);
    }
}

static void test_a_body_without_memory_fails_the_file(void **state)
{
    struct output output;
    struct pdf_body body;
    struct status st = {0};

    output_init(&output);
    pdf_body_init(&body, 4);
    pdf_body_printf(&body, "too long");
    pdf_writer_object(&output.writer, pdf_writer_reserve(&output.writer), &body);
    assert_int_equal(sink_finish(&output.sink, &st), STATUS_RESOURCE_EXHAUSTED);
    pdf_body_deinit(&body);
    output_deinit(&output);
}

static void test_numbers_are_as_pdf_wants_them(void **state)
{
    struct pdf_body body;

    pdf_body_init(&body, 1024);
    pdf_body_number(&body, 12, 2);
    pdf_body_number(&body, -0.5, 2);
    pdf_body_number(&body, 0.125, 3);
    pdf_body_number(&body, 1.0 / 3, 4);
    pdf_body_number(&body, -0.001, 2);
    pdf_body_number(&body, NAN, 2);
    pdf_body_number(&body, INFINITY, 2);
    pdf_body_number(&body, -1e300, 0);
    assert_string_equal(body.text.data, "12 -0.5 0.125 0.3333 0 0 0 -1000000000 ");
    pdf_body_deinit(&body);
}

static void test_text_strings_are_utf_16(void **state)
{
    struct pdf_body body;

    pdf_body_init(&body, 1024);
    pdf_body_text_string(&body, "A\n\xC3\xA9(\xF0\x9D\x84\x9E\xFF");
    assert_string_equal(body.text.data, "<FEFF004100E90028D834DD1EFFFD>");
    pdf_body_deinit(&body);
}

static void test_every_page_is_in_the_tree(void **state)
{
    enum { COUNT = 2 * PDF_PAGES_GROUP + 1 };
    struct output output;
    struct pdf_pages pages;
    uint32_t parent = 0;

    output_init(&output);
    pdf_pages_init(&pages, &output.writer);
    for (int i = 0; i < COUNT; i++) {
        uint32_t page = pdf_writer_reserve(&output.writer);

        pdf_pages_add(&pages, &output.writer, page, &parent);
        pdf_body_printf(&output.body, "<</Parent %u 0 R>>", parent);
        pdf_writer_object(&output.writer, page, &output.body);
    }
    uint32_t root = pdf_pages_write(&pages, &output.writer);
    pdf_pages_deinit(&pages);
    output_read(&output, root);
    assert_int_equal(pdf_reader_reference(output.reader, root, "Count"), COUNT);
    assert_int_equal(pdf_reader_reference(output.reader, parent, "Count"), 1);
    assert_int_equal(pdf_reader_reference(output.reader, parent, "Parent"), root);
    output_deinit(&output);
}

static void test_bookmarks_are_nested_by_level(void **state)
{
    static const struct {
        uint32_t level;
        const char *title;
    } headings[] = {{2, "a"}, {1, "b"}, {3, "c"}, {2, "d"}, {1, "e"}, {1, " \n"}};
    struct output output;
    struct pdf_outline outline;

    output_init(&output);
    pdf_outline_init(&outline);
    for (size_t i = 0; i < ARRAY_LENGTH(headings); i++)
        assert_true(pdf_outline_add(&outline, headings[i].level, headings[i].title, 7, 1, 2));
    uint32_t root = pdf_outline_write(&outline, &output.writer);
    pdf_outline_deinit(&outline);
    output_read(&output, root);

    /* a, b (c, d), e; the one without a letter is none. */
    assert_int_equal(pdf_reader_reference(output.reader, root, "Count"), 3);
    size_t a = pdf_reader_reference(output.reader, root, "First");
    size_t b = pdf_reader_reference(output.reader, a, "Next");
    size_t c = pdf_reader_reference(output.reader, b, "First");
    size_t d = pdf_reader_reference(output.reader, b, "Last");
    assert_non_null(strstr(pdf_reader_object(output.reader, b), "/Title<FEFF0062>"));
    assert_non_null(strstr(pdf_reader_object(output.reader, b), "/Count -2"));
    assert_int_equal(pdf_reader_reference(output.reader, c, "Next"), d);
    assert_int_equal(pdf_reader_reference(output.reader, d, "Prev"), c);
    assert_int_equal(pdf_reader_reference(output.reader, d, "Parent"), b);
    assert_int_equal(pdf_reader_reference(output.reader, root, "Last"),
                     pdf_reader_reference(output.reader, b, "Next"));
    output_deinit(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_found_by_their_numbers),
        cmocka_unit_test(test_streams_come_back_as_they_went_in),
        cmocka_unit_test(test_a_number_without_an_object_is_free),
        cmocka_unit_test(test_a_stream_that_is_not_as_long_as_told_fails_the_file),
        cmocka_unit_test(test_a_body_without_memory_fails_the_file),
        cmocka_unit_test(test_numbers_are_as_pdf_wants_them),
        cmocka_unit_test(test_text_strings_are_utf_16),
        cmocka_unit_test(test_every_page_is_in_the_tree),
        cmocka_unit_test(test_bookmarks_are_nested_by_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
