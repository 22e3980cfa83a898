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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_text_is_utf8_without_controls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
