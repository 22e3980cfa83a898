#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/lookalikes.h"

/* @text: one word of a page in a language. */
static void assert_mended(const char *language, text_source source, const char *text,
                          const char *expected)
{
    struct arena *arena = arena_new(1 << 20);
    struct status st = {0};
    struct page page;
    bool is_changed;

    page_begin(&page, arena);
    page.language = language;
    page.source = source;
    struct line *line = block_add_line(&page, page_add_block(&page));
    line_add_word(&page, line)->text = text;
    assert_int_equal(lookalikes_mend(&page, &is_changed, &st), STATUS_OK);
    assert_string_equal(page.blocks[0].lines[0].words[0].text, expected);
    assert_int_equal(is_changed, strcmp(text, expected) != 0);
    arena_free(arena);
}

#define ASSERT_MENDED(language, text, expected)                                                    \
    assert_mended(language, TEXT_RECOGNIZED, text, expected)
#define ASSERT_KEPT(language, text) ASSERT_MENDED(language, text, text)

static void test_latin_letters_in_a_word_become_those_of_the_others(void **state)
{
    (void)state;
    /* "APTHRO" with Latin A, P and O around a theta; "Mir" with a Latin M. */
    ASSERT_MENDED("el", "AP\u0398PO", "\u0391\u03a1\u0398\u03a1\u039f");
    ASSERT_MENDED("ru", "M\u0438\u0440", "\u041c\u0438\u0440");
    ASSERT_MENDED("uk", "\u0442i\u043b\u043e", "\u0442\u0456\u043b\u043e");
}

static void test_others_in_a_latin_word_become_latin(void **state)
{
    (void)state;
    ASSERT_MENDED("ru", "W\u043erld", "World");
    ASSERT_MENDED("en", "(\u0421hapter)", "(Chapter)");
}

static void test_words_that_can_be_of_two_scripts_are_kept(void **state)
{
    (void)state;
    ASSERT_KEPT("ru", "ABC");
    ASSERT_KEPT("ru", "IT-\u0444\u0438\u0440\u043c\u0430");
    /* S and I are letters of other Cyrillic languages alone. */
    ASSERT_KEPT("ru", "SMS\u043a\u0438");
    ASSERT_KEPT("ru", "Wi\u0444\u0438");
}

static void test_the_micro_sign_is_mu_in_greek_words_alone(void **state)
{
    (void)state;
    ASSERT_MENDED("el", "\u00b5\u03b5", "\u03bc\u03b5");
    ASSERT_KEPT("el", "5\u00b5m");
}

static void test_a_zero_after_a_letter_is_an_anusvara(void **state)
{
    (void)state;
    ASSERT_MENDED("kn", "\u0c89\u0ce6\u0c9f\u0cc1", "\u0c89\u0c82\u0c9f\u0cc1");
    ASSERT_MENDED("kn", "\u0c89\u0c82\u0ce6\u0c9f\u0cc1", "\u0c89\u0c82\u0c9f\u0cc1");
    ASSERT_MENDED("te", "\u0c05\u0c66", "\u0c05\u0c02");
    ASSERT_KEPT("kn", "\u0ce7\u0ce6");
    ASSERT_KEPT("kn", "\u0c89\u0ce6\u0ce7");
    ASSERT_KEPT("kn", "\u0ce6");
}

static void test_a_colon_after_an_armenian_word_is_a_full_stop(void **state)
{
    (void)state;
    ASSERT_MENDED("hy", "\u0574\u0565:", "\u0574\u0565\u0589");
    ASSERT_MENDED("hy", "\u0574\u0565:\u00bb", "\u0574\u0565\u0589\u00bb");
    ASSERT_KEPT("hy", "12:30");
    ASSERT_KEPT("hy", "\u0574\u0565:12");
    ASSERT_KEPT("el", "\u0574\u0565:");
}

static void test_an_armenian_nu_alone_is_the_word_for_and(void **state)
{
    (void)state;
    ASSERT_MENDED("hy", "\u0576", "\u0587");
    ASSERT_MENDED("hy", "\u0576,", "\u0587,");
    ASSERT_KEPT("hy", "\u0576\u0561");
    ASSERT_KEPT("hy", "\u0561\u0576");
}

static void test_romanian_has_commas(void **state)
{
    (void)state;
    ASSERT_MENDED("ro", "\u0163ara", "\u021bara");
    ASSERT_KEPT("tr", "ba\u015f");
}

static void test_two_single_quotation_marks_are_a_double_one(void **state)
{
    (void)state;
    ASSERT_MENDED("en", "\u2018\u2018There", "\u201cThere");
    ASSERT_MENDED("en", "one.\u2019\u2019", "one.\u201d");
    ASSERT_MENDED("de", "\u201a\u201aDa\u2018\u2018,", "\u201eDa\u201c,");
    ASSERT_KEPT("en", "\u201c\u2018Yes\u2019,\u201d");
    ASSERT_KEPT("en", "boys\u2019");
}

static void test_two_commas_before_a_word_are_a_low_quotation_mark(void **state)
{
    (void)state;
    ASSERT_MENDED("pl", ",,Tak", "\u201eTak");
    ASSERT_MENDED("bg", ",,\u0434\u0430\u201c", "\u201e\u0434\u0430\u201c");
    ASSERT_KEPT("pl", ",,5");
    ASSERT_KEPT("pl", "a,,b");
}

static void test_letters_that_can_only_be_latin_are_counted(void **state)
{
    (void)state;
    assert_int_equal(lookalikes_count_latin("3AKOHOM", "Cyrl"), 0);
    assert_int_equal(lookalikes_count_latin("Hb", "Cyrl"), 0);
    assert_int_equal(lookalikes_count_latin("RTL8111", "Cyrl"), 2);
    assert_int_equal(lookalikes_count_latin("KAI", "Grek"), 0);
    assert_int_equal(lookalikes_count_latin("3AKOHOM", "Hebr"), 6);
    assert_int_equal(lookalikes_count_latin("\u0437\u0430", "Cyrl"), 0);
}

static void test_text_layers_and_long_words_are_kept(void **state)
{
    char text[512] = "";

    (void)state;
    assert_mended("ro", TEXT_FROM_LAYER, "\u0163ara", "\u0163ara");
    for (int i = 0; i < 100; i++)
        strcat(text, "\u0163");
    ASSERT_KEPT("ro", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latin_letters_in_a_word_become_those_of_the_others),
        cmocka_unit_test(test_others_in_a_latin_word_become_latin),
        cmocka_unit_test(test_words_that_can_be_of_two_scripts_are_kept),
        cmocka_unit_test(test_the_micro_sign_is_mu_in_greek_words_alone),
        cmocka_unit_test(test_a_zero_after_a_letter_is_an_anusvara),
        cmocka_unit_test(test_a_colon_after_an_armenian_word_is_a_full_stop),
        cmocka_unit_test(test_an_armenian_nu_alone_is_the_word_for_and),
        cmocka_unit_test(test_romanian_has_commas),
        cmocka_unit_test(test_two_single_quotation_marks_are_a_double_one),
        cmocka_unit_test(test_two_commas_before_a_word_are_a_low_quotation_mark),
        cmocka_unit_test(test_letters_that_can_only_be_latin_are_counted),
        cmocka_unit_test(test_text_layers_and_long_words_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
