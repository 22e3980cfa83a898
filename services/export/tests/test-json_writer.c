#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <jansson.h>

#include "services/export/json/writer.h"

static status_code keep(void *arg, const void *data, size_t length, struct status *st)
{
    assert_true(buf_append(arg, data, length));
    return STATUS_OK;
}

struct output {
    struct buf text;
    struct sink sink;
    struct json_writer writer;
};

static void output_init(struct output *output)
{
    buf_init(&output->text, 1 << 20);
    sink_init(&output->sink, keep, &output->text);
    json_writer_init(&output->writer, &output->sink);
}

static void output_expect(struct output *output, const char *expected)
{
    struct status st = {0};

    assert_int_equal(sink_finish(&output->sink, &st), STATUS_OK);
    assert_string_equal(output->text.data, expected);
    sink_deinit(&output->sink);
    buf_deinit(&output->text);
}

static void test_commas_stand_between_values_alone(void **state)
{
    struct output output;
    struct json_writer *writer = &output.writer;

    output_init(&output);
    json_writer_begin_object(writer);
    json_writer_name(writer, "a");
    json_writer_begin_array(writer);
    json_writer_end_array(writer);
    json_writer_name(writer, "b");
    json_writer_begin_array(writer);
    json_writer_integer(writer, INT64_MIN);
    json_writer_boolean(writer, true);
    json_writer_begin_object(writer);
    json_writer_end_object(writer);
    json_writer_end_array(writer);
    json_writer_name(writer, "c");
    json_writer_string(writer, "d");
    json_writer_end_object(writer);
    output_expect(&output, "{\"a\":[],\"b\":[-9223372036854775808,true,{}],\"c\":\"d\"}");
}

static void test_strings_are_escaped_as_rfc_8259_asks(void **state)
{
    struct output output;

    output_init(&output);
    json_writer_string(&output.writer, "\"\\/\b\f\n\r\t\x01\x1f\x7fé𝄞");
    output_expect(&output, "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7fé𝄞\"");
}

static void test_broken_bytes_leave_valid_utf8(void **state)
{
    struct output output;

    output_init(&output);
    json_writer_string(&output.writer, "a\xFF\xC3");
    output_expect(&output, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void test_every_byte_comes_back_from_a_json_reader(void **state)
{
    struct output output;
    char text[128];
    struct status st = {0};
    json_t *read;

    for (int i = 1; i < 128; i++)
        text[i - 1] = (char)i;
    text[127] = '\0';
    output_init(&output);
    json_writer_begin_array(&output.writer);
    json_writer_string(&output.writer, text);
    json_writer_end_array(&output.writer);
    assert_int_equal(sink_finish(&output.sink, &st), STATUS_OK);
    read = json_loads(output.text.data, 0, NULL);
    assert_non_null(read);
    assert_string_equal(json_string_value(json_array_get(read, 0)), text);
    json_decref(read);
    sink_deinit(&output.sink);
    buf_deinit(&output.text);
}

static void test_reals_have_four_decimals_at_most(void **state)
{
    struct output output;
    struct json_writer *writer = &output.writer;

    output_init(&output);
    json_writer_begin_array(writer);
    json_writer_real(writer, 0.98F);
    json_writer_real(writer, 1.0F);
    json_writer_real(writer, 0.0F);
    json_writer_real(writer, -0.00001F);
    json_writer_real(writer, 0.12345F);
    json_writer_real(writer, -1234.5F);
    json_writer_real(writer, NAN);
    json_writer_real(writer, INFINITY);
    json_writer_end_array(writer);
    output_expect(&output, "[0.98,1.0,0.0,0.0,0.1235,-1234.5,0.0,0.0]");
}

static void test_a_string_may_come_in_pieces(void **state)
{
    struct output output;
    struct json_writer *writer = &output.writer;

    output_init(&output);
    json_writer_begin_array(writer);
    json_writer_string_begin(writer);
    json_writer_string_part(writer, "a\n");
    json_writer_string_part(writer, "");
    json_writer_string_part(writer, "\"b");
    json_writer_string_end(writer);
    json_writer_line(writer);
    json_writer_integer(writer, 1);
    json_writer_line(writer);
    json_writer_end_array(writer);
    output_expect(&output, "[\"a\\n\\\"b\",\n1\n]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commas_stand_between_values_alone),
        cmocka_unit_test(test_strings_are_escaped_as_rfc_8259_asks),
        cmocka_unit_test(test_broken_bytes_leave_valid_utf8),
        cmocka_unit_test(test_every_byte_comes_back_from_a_json_reader),
        cmocka_unit_test(test_reals_have_four_decimals_at_most),
        cmocka_unit_test(test_a_string_may_come_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
