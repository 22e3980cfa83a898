#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/text.h"

static void test_clean_text_is_utf8_without_controls(void **state)
{
    assert_true(text_is_clean(STR("")));
    assert_true(text_is_clean(STR("a\tb\r\nc \xE6\x97\xA5")));
    assert_false(text_is_clean(STR("a\0b")));
    assert_false(text_is_clean(STR("\x1B[31m")));
    assert_false(text_is_clean(STR("\xC3")));
    assert_false(text_is_clean(STR("\xED\xA0\x80")));
}

static void test_file_name_is_the_last_component_without_controls(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64 * 1024);

    assert_string_equal(text_file_name(STR("scan.png"), arena), "scan.png");
    assert_string_equal(text_file_name(STR("/etc/passwd"), arena), "passwd");
    assert_string_equal(text_file_name(STR("C:\\scans\\a b.pdf"), arena), "a b.pdf");
    assert_string_equal(text_file_name(STR("a\r\nb\x01.png"), arena), "ab.png");
    assert_string_equal(text_file_name(STR("a\xFF"), arena), "a\xEF\xBF\xBD");
    assert_string_equal(text_file_name(STR(".."), arena), "");
    assert_string_equal(text_file_name(STR("a/"), arena), "");
    assert_string_equal(text_file_name(STR(""), arena), "");
}

static void test_long_file_name_is_cut_at_a_whole_character(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(64 * 1024);
    char name[600];

    for (size_t i = 0; i < sizeof(name); i += 3)
        memcpy(name + i, "\xE2\x82\xAC", 3);
    assert_int_equal(strlen(text_file_name((struct str){name, sizeof(name)}, arena)),
                     TEXT_FILE_NAME_MAX / 3 * 3);
    name[0] = 'x';
    assert_true(strlen(text_file_name((struct str){name, sizeof(name)}, arena)) <=
                TEXT_FILE_NAME_MAX);
}

static void test_hexadecimal_digits_count_in_both_cases(void **state)
{
    assert_int_equal(text_hex_digit('0'), 0);
    assert_int_equal(text_hex_digit('f'), 15);
    assert_int_equal(text_hex_digit('F'), 15);
    assert_int_equal(text_hex_digit('g'), -1);
    assert_int_equal(text_hex_digit('@'), -1);
}

static void test_lower_case_is_of_ascii_and_is_cut(void **state)
{
    char text[8];

    text_lower(text, sizeof(text), "A_Z\xC3\x84[");
    assert_string_equal(text, "a_z\xC3\x84[");
    text_lower(text, sizeof(text), "PAGE_TIMEOUT");
    assert_string_equal(text, "page_ti");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_text_is_utf8_without_controls),
        cmocka_unit_test(test_file_name_is_the_last_component_without_controls),
        cmocka_unit_test(test_long_file_name_is_cut_at_a_whole_character),
        cmocka_unit_test(test_hexadecimal_digits_count_in_both_cases),
        cmocka_unit_test(test_lower_case_is_of_ascii_and_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
