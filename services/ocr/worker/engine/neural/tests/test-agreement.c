#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/engine/neural/agreement.h"

/* Of two readings, two words each. */
static float agreement(const char *one, const char *two, const char *other_one,
                       const char *other_two)
{
    struct word_span words[] = {{.text = one}, {.text = two}};
    struct word_span other_words[] = {{.text = other_one}, {.text = other_two}};
    const struct text_line line = {.words = words, .word_count = ARRAY_LENGTH(words)};
    const struct text_line other = {.words = other_words, .word_count = ARRAY_LENGTH(other_words)};

    return agreement_of(&line, &other);
}

static void test_accents_case_and_marks_do_not_count(void **state)
{
    (void)state;
    assert_float_equal(agreement("tahan\u00edm", "ciel'ov", "\u0165ahan\u00edm", "cie\u013eov"), 1,
                       0);
    assert_float_equal(agreement("ab", "cd.", "AB", "(cd)"), 1, 0);
}

static void test_words_that_are_split_otherwise_say_the_same(void **state)
{
    (void)state;
    assert_float_equal(agreement("ab", "cd", "abc", "d"), 1, 0);
}

static void test_letters_that_differ_or_are_missing_count(void **state)
{
    (void)state;
    assert_float_equal(agreement("pr\u00e6l", "d\u00f3m", "\u00fer\u00e6l", "d\u00f3m"), 6.0f / 7,
                       1e-6);
    assert_float_equal(agreement("hot", "", "ho\u1ea1t", ""), 3.0f / 4, 1e-6);
    assert_float_equal(agreement("abc", "", "xyz", ""), 0, 0);
}

static void test_without_letters_there_is_none(void **state)
{
    (void)state;
    assert_float_equal(agreement("", "--", "--", ""), 0, 0);
    assert_float_equal(agreement("", "", "a", ""), 0, 0);
}

static void test_only_the_beginning_of_long_lines_counts(void **state)
{
    char text[AGREEMENT_SYMBOLS_MAX + 3], other[AGREEMENT_SYMBOLS_MAX + 3];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    memset(other, 'a', sizeof(other) - 1);
    memset(other + AGREEMENT_SYMBOLS_MAX, 'b', 2);
    text[sizeof(text) - 1] = other[sizeof(other) - 1] = '\0';
    assert_float_equal(agreement(text, "", other, ""), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accents_case_and_marks_do_not_count),
        cmocka_unit_test(test_words_that_are_split_otherwise_say_the_same),
        cmocka_unit_test(test_letters_that_differ_or_are_missing_count),
        cmocka_unit_test(test_without_letters_there_is_none),
        cmocka_unit_test(test_only_the_beginning_of_long_lines_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
