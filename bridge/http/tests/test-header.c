#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/header.h"

static int set_up(void **state)
{
    *state = arena_new(64 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void test_tokens_and_values_are_told_apart(void **state)
{
    assert_true(header_is_token(STR("Content-Type")));
    assert_true(header_is_token(STR("!#$%&'*+-.^_`|~09azAZ")));
    assert_false(header_is_token(STR("")));
    assert_false(header_is_token(STR("a b")));
    assert_false(header_is_token(STR("a:")));
    assert_false(header_is_token(STR("a\0b")));
    assert_true(header_is_value(STR("a b\tc\x80\xFF")));
    assert_true(header_is_value(STR("")));
    assert_false(header_is_value(STR("a\r\nb")));
    assert_false(header_is_value(STR("a\0")));
    assert_false(header_is_value(STR("\x7F")));
}

static void test_parameters_are_read_one_by_one(void **state)
{
    struct str rest;
    struct str main_value =
        header_main_value(STR(" form-data ; a=b;; c = \"d;\\\"e\" ; flag ;f=g h "), &rest);
    struct header_parameter parameter;
    bool is_malformed;

    assert_true(str_equal(main_value, STR("form-data")));
    assert_true(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
    assert_true(str_equal(parameter.name, STR("a")) && str_equal(parameter.value, STR("b")));
    assert_true(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
    assert_true(str_equal(parameter.name, STR("c")) && str_equal(parameter.value, STR("d;\"e")));
    assert_true(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
    assert_true(str_equal(parameter.name, STR("flag")) && !parameter.has_value);
    assert_true(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
    assert_true(str_equal(parameter.value, STR("g h")));
    assert_false(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
    assert_false(is_malformed);
}

static void test_malformed_parameters_are_told(void **state)
{
    static const char *const bad[] = {"a=\"b", "a=\"b\"c", "=b", "\"a\"=b", "a=\"b\\\""};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct str rest = str_of(bad[i]);
        struct header_parameter parameter;
        bool is_malformed;

        assert_false(header_next_parameter(&rest, ';', *state, &parameter, &is_malformed));
        assert_true(is_malformed);
    }
}

/* Examples of RFC 8187 §3.2.3 and broken ones. */
static void test_extended_values_are_decoded(void **state)
{
    struct str text;

    assert_true(
        header_decode_extended(STR("UTF-8''%c2%a3%20and%20%e2%82%ac%20rates"), *state, &text));
    assert_true(str_equal(text, STR("\xC2\xA3 and \xE2\x82\xAC rates")));
    assert_true(header_decode_extended(STR("utf-8'en'plain"), *state, &text));
    assert_false(header_decode_extended(STR("iso-8859-1'en'%A3%20rates"), *state, &text));
    assert_false(header_decode_extended(STR("UTF-8''%a3"), *state, &text));
    assert_false(header_decode_extended(STR("UTF-8''%a"), *state, &text));
    assert_false(header_decode_extended(STR("plain"), *state, &text));
}

static void test_lists_are_searched_in_any_case(void **state)
{
    assert_true(header_list_has(STR("keep-alive, Close"), STR("close")));
    assert_false(header_list_has(STR("closed, un close"), STR("close")));
    assert_false(header_list_has(STR(""), STR("close")));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tokens_and_values_are_told_apart), TEST(test_parameters_are_read_one_by_one),
        TEST(test_malformed_parameters_are_told),    TEST(test_extended_values_are_decoded),
        TEST(test_lists_are_searched_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
