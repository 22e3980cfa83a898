#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/str.h"

static void test_views_compare(void **state)
{
    assert_true(str_equal(STR("a"), str_of("a")));
    assert_false(str_equal(STR("a"), STR("A")));
    assert_false(str_equal(STR("a"), STR("ab")));
    assert_true(str_equal(str_of(NULL), STR("")));
    assert_true(str_equal_nocase(STR("Content-Type"), STR("content-tYPE")));
    assert_false(str_equal_nocase(STR("["), STR("{")));
    assert_true(str_starts_with(STR("Bearer x"), STR("Bearer ")));
    assert_false(str_starts_with(STR("Bear"), STR("Bearer ")));
}

static void test_trim_takes_white_space_off_both_ends(void **state)
{
    assert_true(str_equal(str_trim(STR(" \t a b\r\n")), STR("a b")));
    assert_true(str_equal(str_trim(STR(" \v\f ")), STR("")));
}

static void test_tokens_are_cut_at_the_separator(void **state)
{
    struct str rest = STR("a,,b,");
    struct str token;

    assert_true(str_next_token(&rest, ',', &token));
    assert_true(str_equal(token, STR("a")));
    assert_true(str_next_token(&rest, ',', &token));
    assert_true(str_equal(token, STR("")));
    assert_true(str_next_token(&rest, ',', &token));
    assert_true(str_equal(token, STR("b")));
    assert_true(str_next_token(&rest, ',', &token));
    assert_true(str_equal(token, STR("")));
    assert_false(str_next_token(&rest, ',', &token));
}

static void test_integers_are_read_whole_or_not_at_all(void **state)
{
    int64_t value = 1;

    assert_true(str_to_int64(STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(str_to_int64(STR("+9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    const char *const wrong[] = {"", "-", "+", "1 ", " 1", "0x1", "9223372036854775808", "1e3"};
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_false(str_to_int64(str_of(wrong[i]), &value));
    assert_true(value == INT64_MAX);
}

static void test_a_buffer_grows_up_to_its_maximum(void **state)
{
    struct buf buf;

    buf_init(&buf, 100);
    assert_string_equal(buf_str(&buf).p, "");
    for (int i = 0; i < 100; i++)
        assert_true(buf_append_char(&buf, 'x'));
    assert_false(buf_append_char(&buf, 'x'));
    assert_false(buf_reserve(&buf, SIZE_MAX));
    assert_false(buf_printf(&buf, "%d", 1));
    assert_int_equal(buf.length, 100);
    assert_int_equal(strlen(buf.data), 100);
    buf_deinit(&buf);
}

static void test_a_trimmed_buffer_keeps_what_it_holds_and_may_grow_again(void **state)
{
    struct buf buf;

    buf_init(&buf, SIZE_MAX);
    buf_trim(&buf);
    assert_int_equal(buf.capacity, 0);
    assert_true(buf_append_str(&buf, "abc"));
    buf_trim(&buf);
    assert_int_equal(buf.capacity, 4);
    assert_string_equal(buf_str(&buf).p, "abc");
    assert_true(buf_append_str(&buf, "d"));
    assert_string_equal(buf_str(&buf).p, "abcd");
    buf_deinit(&buf);
}

static void test_a_buffer_is_consumed_from_the_front(void **state)
{
    struct buf buf;

    buf_init(&buf, SIZE_MAX);
    assert_true(buf_append_str(&buf, "ab"));
    assert_true(buf_printf(&buf, "%d%s", 12, "cd"));
    buf_consume(&buf, 3);
    assert_string_equal(buf.data, "2cd");
    buf_consume(&buf, 100);
    assert_int_equal(buf.length, 0);
    assert_string_equal(buf.data, "");
    buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views_compare),
        cmocka_unit_test(test_trim_takes_white_space_off_both_ends),
        cmocka_unit_test(test_tokens_are_cut_at_the_separator),
        cmocka_unit_test(test_integers_are_read_whole_or_not_at_all),
        cmocka_unit_test(test_a_buffer_grows_up_to_its_maximum),
        cmocka_unit_test(test_a_trimmed_buffer_keeps_what_it_holds_and_may_grow_again),
        cmocka_unit_test(test_a_buffer_is_consumed_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
