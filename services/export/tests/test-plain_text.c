#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/page/plain_text.h"

static void expect(const char *text, const char *expected)
{
    struct buf scratch;

    buf_init(&scratch, 1 << 16);
    assert_string_equal(plain_text_clean(text, &scratch), expected);
    buf_deinit(&scratch);
}

static void test_clean_text_is_handed_back_itself(void **state)
{
    static const char text[] = "a\tb\nمرحبا 中文 😀 \xC2\xA0";
    struct buf scratch;

    buf_init(&scratch, 1);
    assert_ptr_equal(plain_text_clean(text, &scratch), text);
    assert_ptr_equal(plain_text_clean("", &scratch)[0], '\0');
    buf_deinit(&scratch);
}

static void test_line_ends_are_one_character(void **state)
{
    expect("a\r\nb\rc\fd\ve\n\r", "a\nb\nc\nd\ne\n\n");
}

static void test_controls_go_and_what_is_no_character_is_marked(void **state)
{
    expect("a\x01\x1f\x7f\xC2\x80\xC2\x9F"
           "b",
           "ab");
    expect("\xEF\xBF\xBE\xEF\xB7\x90\xF0\x9F\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    expect("\xFF\xC3(", "\xEF\xBF\xBD\xEF\xBF\xBD(");
    expect("\x07", "");
}

static void test_a_scratch_that_is_full_is_told(void **state)
{
    struct buf scratch;

    buf_init(&scratch, 4);
    assert_null(plain_text_clean("abcdef\x01g", &scratch));
    buf_deinit(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_text_is_handed_back_itself),
        cmocka_unit_test(test_line_ends_are_one_character),
        cmocka_unit_test(test_controls_go_and_what_is_no_character_is_marked),
        cmocka_unit_test(test_a_scratch_that_is_full_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
