#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/base/json_text.h"

static void assert_written(struct str text, const char *expected)
{
    char written[256] = "";
    struct json_text_piece piece;

    while (json_text_next(&text, &piece)) {
        (void)strncat(written, piece.plain.p, piece.plain.n);
        (void)strcat(written, piece.escape);
    }
    assert_string_equal(written, expected);
    assert_int_equal(text.n, 0);
}

/* RFC 8259 §7; U+007F and all above it may stand as they are. */
static void test_what_must_be_escaped_is_and_nothing_else(void **state)
{
    assert_written(STR("\"\\/\b\f\n\r\t\x01\x1f"),
                   "\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f");
    assert_written((struct str){"a\0b", 3}, "a\\u0000b");
    assert_written(STR("\x7F \xC3\xA9\xF0\x9D\x84\x9E"), "\x7F \xC3\xA9\xF0\x9D\x84\x9E");
    assert_written(STR("\n"), "\\n");
    assert_written(STR(""), "");
}

/* The examples of Unicode 15 §3.9, tables 3-8 and 3-11, and a surrogate. */
static void test_what_is_no_utf8_becomes_u_fffd(void **state)
{
#define FFFD "\xEF\xBF\xBD"
    assert_written(STR("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82"
                       "A"),
                   FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
    assert_written(STR("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
                       "A"),
                   FFFD FFFD FFFD FFFD "A");
    assert_written(STR("\xED\xA0\x80"), FFFD FFFD FFFD);
    assert_written(STR("ab\xC3"), "ab" FFFD);
}

static void assert_real(double value, const char *expected)
{
    char text[JSON_TEXT_REAL_SIZE];
    const struct str written = json_text_real(value, text);

    assert_int_equal(written.n, strlen(expected));
    assert_memory_equal(written.p, expected, written.n);
}

static void test_reals_have_a_point_and_at_most_four_decimals(void **state)
{
    assert_real(0, "0.0");
    assert_real(-0.00001, "0.0");
    assert_real(1, "1.0");
    assert_real(0.98765, "0.9877");
    assert_real(-0.25, "-0.25");
    assert_real(100.5, "100.5");
    assert_real(NAN, "0.0");
    assert_real(-INFINITY, "0.0");
    char text[JSON_TEXT_REAL_SIZE];
    assert_int_equal(json_text_real(-DBL_MAX, text).n, 312); /* sign, 309 digits, point, digit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_must_be_escaped_is_and_nothing_else),
        cmocka_unit_test(test_what_is_no_utf8_becomes_u_fffd),
        cmocka_unit_test(test_reals_have_a_point_and_at_most_four_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
