#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/normalize.h"

static void assert_normalized(const char *text, size_t length, const char *expected)
{
    struct arena *arena = arena_new(1 << 16);

    assert_string_equal(normalize_text((struct str){text, length}, arena), expected);
    arena_free(arena);
}

#define ASSERT_NORMALIZED(text, expected) assert_normalized((text), sizeof(text) - 1, (expected))

static void test_text_is_composed(void **state)
{
    (void)state;
    /* UAX 15, figure 4. */
    ASSERT_NORMALIZED("A\u030a", "\u00c5");
    ASSERT_NORMALIZED("\u1100\u1161\u11a8", "\uac01");
}

static void test_white_space_and_controls_become_one_space(void **state)
{
    (void)state;
    ASSERT_NORMALIZED(" a\t\n\u00a0b\x01 ", "a b");
    ASSERT_NORMALIZED("", "");
}

static void test_invisible_characters_are_dropped(void **state)
{
    (void)state;
    /* Byte order mark, soft hyphen, right-to-left override. */
    ASSERT_NORMALIZED("\ufeffda\u00adte\u202e", "date");
}

static void test_joiners_of_persian_are_kept(void **state)
{
    (void)state;
    ASSERT_NORMALIZED("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e");
}

static void test_han_characters_are_counted_alone(void **state)
{
    (void)state;
    assert_int_equal(2, normalize_count_han("BIOS: \u56fa\u4ef6\u3002 12"));
    assert_int_equal(0, normalize_count_han("\u304b\u306a"));
}

static void test_what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    ASSERT_NORMALIZED("a\xff"
                      "b",
                      "a\ufffdb");
}

static void test_marks_belong_to_letters_and_digits_do_not(void **state)
{
    (void)state;
    assert_float_equal(normalize_letters_share(""), 0, 0);
    assert_float_equal(normalize_letters_share(" \n"), 0, 0);
    assert_float_equal(normalize_letters_share("ab 12"), 0.5f, 1e-6);
    /* Two letters, each with a vowel sign. */
    assert_float_equal(normalize_letters_share("\u0915\u093f \u0915\u0941"), 1, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_composed),
        cmocka_unit_test(test_white_space_and_controls_become_one_space),
        cmocka_unit_test(test_invisible_characters_are_dropped),
        cmocka_unit_test(test_joiners_of_persian_are_kept),
        cmocka_unit_test(test_han_characters_are_counted_alone),
        cmocka_unit_test(test_what_is_not_utf8_is_replaced),
        cmocka_unit_test(test_marks_belong_to_letters_and_digits_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
