#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/http/text.h"

static void test_clean_text_is_utf8_without_controls(void **state)
{
    assert_true(text_is_clean(STR("")));
    assert_true(text_is_clean(STR("a\tb\r\nc \xE6\x97\xA5")));
    assert_false(text_is_clean(STR("a\0b")));
    assert_false(text_is_clean(STR("\x1B[31m")));
    assert_false(text_is_clean(STR("\xC3")));
    assert_false(text_is_clean(STR("\xED\xA0\x80")));
}

static void test_hexadecimal_digits_count_in_both_cases(void **state)
{
    assert_int_equal(text_hex_digit('0'), 0);
    assert_int_equal(text_hex_digit('f'), 15);
    assert_int_equal(text_hex_digit('F'), 15);
    assert_int_equal(text_hex_digit('g'), -1);
    assert_int_equal(text_hex_digit('@'), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_text_is_utf8_without_controls),
        cmocka_unit_test(test_hexadecimal_digits_count_in_both_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
