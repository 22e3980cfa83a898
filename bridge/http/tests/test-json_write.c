#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/json_write.h"

static int set_up(void **state)
{
    struct buf *out = calloc(1, sizeof(*out));

    buf_init(out, 64 * 1024);
    *state = out;
    return 0;
}

static int tear_down(void **state)
{
    struct buf *out = *state;

    buf_deinit(out);
    free(out);
    return 0;
}

static void test_commas_stand_where_they_are_due(void **state)
{
    struct buf *out = *state;

    assert_true(
        json_write_begin_object(out) && json_write_name(out, "a") && json_write_begin_array(out) &&
        json_write_end_array(out) && json_write_name(out, "b") && json_write_begin_array(out) &&
        json_write_integer(out, -1) && json_write_null(out) && json_write_begin_object(out) &&
        json_write_end_object(out) && json_write_string(out, STR("x,")) &&
        json_write_boolean(out, true) && json_write_end_array(out) && json_write_name(out, "c") &&
        json_write_boolean(out, false) && json_write_end_object(out));
    assert_string_equal(out->data, "{\"a\":[],\"b\":[-1,null,{},\"x,\",true],\"c\":false}");
}

/* RFC 8259 §7. */
static void test_strings_are_escaped(void **state)
{
    struct buf *out = *state;

    assert_true(json_write_string(out, STR("\"\\/\b\f\n\r\t\x01\x7F\xC3\xA9\xF0\x9D\x84\x9E")));
    assert_string_equal(out->data,
                        "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\x7F\xC3\xA9\xF0\x9D\x84\x9E\"");
}

static void test_bytes_that_are_no_utf8_are_replaced(void **state)
{
    struct buf *out = *state;

    assert_true(json_write_string(out, STR("a\xFF\xC3(\xED\xA0\x80\xC3")));
    assert_string_equal(out->data, "\"a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD"
                                   "\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void test_reals_are_short_and_always_json(void **state)
{
    struct buf *out = *state;

    assert_true(json_write_begin_array(out) && json_write_real(out, 0.98) &&
                json_write_real(out, 1) && json_write_real(out, 0.123456) &&
                json_write_real(out, (double)NAN) && json_write_real(out, -0.00001) &&
                json_write_real(out, (double)INFINITY) && json_write_end_array(out));
    assert_string_equal(out->data, "[0.98,1.0,0.1235,0.0,0.0,0.0]");
}

static void test_full_buffer_is_told(void **state)
{
    struct buf small;

    buf_init(&small, 4);
    assert_false(json_write_string(&small, STR("longer than that")));
    buf_deinit(&small);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_commas_stand_where_they_are_due),
        TEST(test_strings_are_escaped),
        TEST(test_bytes_that_are_no_utf8_are_replaced),
        TEST(test_reals_are_short_and_always_json),
        TEST(test_full_buffer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
