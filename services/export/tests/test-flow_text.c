#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/export/page/flow_text.h"

static void expect(const char *text, const char *expected)
{
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_true(flow_text_join(text, &out));
    assert_string_equal(out.data, expected);
    buf_deinit(&out);
}

static void test_lines_are_joined_by_a_space(void **state)
{
    expect("", "");
    expect("one", "one");
    expect("one\ntwo\n\n three ", "one two three");
    expect("\n\nتقرير\nسنوي", "تقرير سنوي");
    expect("한국\n어", "한국 어");
}

static void test_scripts_without_spaces_get_none(void **state)
{
    expect("请保存\n文件。\n“好”", "请保存文件。 “好”");
    expect("ภาษา\nไทย", "ภาษาไทย");
    expect("縦書き\nの文\nword", "縦書きの文 word");
}

static void test_a_divided_word_goes_on(void **state)
{
    expect("hyphen-\nated", "hyphen-ated");
    expect("a -\nb", "a - b");
    expect("a --\nb", "a -- b");
    expect("-\nb", "- b");
}

static void test_a_full_buffer_is_told(void **state)
{
    struct buf out;

    buf_init(&out, 4);
    assert_false(flow_text_join("abc\ndef", &out));
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_joined_by_a_space),
        cmocka_unit_test(test_scripts_without_spaces_get_none),
        cmocka_unit_test(test_a_divided_word_goes_on),
        cmocka_unit_test(test_a_full_buffer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
