#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/flow/joint.h"

static void expect_joint(const char *first, const char *second, const char *within,
                         const char *joined)
{
    struct buf out;
    size_t dropped;
    const char *joint = flow_joint(str_of(first), str_of(second), within, &dropped);

    buf_init(&out, 1 << 10);
    assert_true(buf_append(&out, first, strlen(first) - dropped) && buf_append_str(&out, joint) &&
                buf_append_str(&out, second));
    assert_string_equal(out.data, joined);
    buf_deinit(&out);
}

static void test_lines_are_joined_by_a_space(void **state)
{
    expect_joint("flowing", "text", "", "flowing text");
    expect_joint("한국어", "문장", "", "한국어 문장");
    expect_joint("see 日本", "for more", "", "see 日本 for more");
}

static void test_scripts_without_spaces_get_none(void **state)
{
    expect_joint("日本語の", "文章", "", "日本語の文章");
    expect_joint("段落，", "两行", "", "段落，两行");
    expect_joint("ภาษา", "ไทย", "", "ภาษาไทย");
}

static void test_a_divided_word_is_put_together(void **state)
{
    expect_joint("recogni-", "tion of", "", "recognition of");
    expect_joint("Straßen\xE2\x80\x90", "bahn", "", "Straßenbahn");
    expect_joint("перено-", "сится", "", "переносится");
}

static void test_hyphens_that_belong_to_a_word_stay(void **state)
{
    expect_joint("COVID-", "19", "", "COVID-19");
    expect_joint("Jean-", "Paul", "", "Jean-Paul");
    expect_joint("a well-", "known case", "it is well-known", "a well-known case");
    expect_joint("12-", "fold", "", "12-fold");
}

static void test_a_dash_is_no_hyphen(void **state)
{
    expect_joint("so -", "or not", "", "so - or not");
    expect_joint("-", "x", "", "- x");
    expect_joint("a-", "(b)", "", "a- (b)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_joined_by_a_space),
        cmocka_unit_test(test_scripts_without_spaces_get_none),
        cmocka_unit_test(test_a_divided_word_is_put_together),
        cmocka_unit_test(test_hyphens_that_belong_to_a_word_stay),
        cmocka_unit_test(test_a_dash_is_no_hyphen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
