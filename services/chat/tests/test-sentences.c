#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/str.h"
#include "services/chat/text/sentences.h"

enum { ARENA_BYTES = 1 << 16 };

/* @expected: sentences with a bar between them. */
static void expect(const char *language, const char *text, const char *expected)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    _cleanup_(buf_deinit) struct buf joined;
    const struct sentence *sentences;
    struct status st;
    size_t count;

    buf_init(&joined, ARENA_BYTES);
    assert_int_equal(sentences_cut(str_of(text), str_of(language), arena, &sentences, &count, &st),
                     STATUS_OK);
    for (size_t i = 0; i < count; i++)
        assert_true((i == 0 || buf_append_char(&joined, '|')) &&
                    buf_append(&joined, text + sentences[i].offset, sentences[i].length));
    assert_string_equal(count > 0 ? joined.data : "", expected);
}

static void test_sentences_end_at_points(void **state)
{
    expect("en", "It is due. Pay now! Who pays? We do.", "It is due.|Pay now!|Who pays?|We do.");
    expect("zh", "总金额为一百元。请付款。", "总金额为一百元。|请付款。");
    expect("hi", "यह बिल है। भुगतान करें।", "यह बिल है।|भुगतान करें।");
}

static void test_the_end_of_a_line_ends_no_sentence(void **state)
{
    expect("en", "The total is\n42 USD. It is due\nsoon.",
           "The total is\n42 USD.|It is due\nsoon.");
}

static void test_abbreviations_end_no_sentence(void **state)
{
    expect("en", "Dr. Smith met Mr. J. Brown. They agreed.",
           "Dr. Smith met Mr. J. Brown.|They agreed.");
    expect("de", "Vgl. Abs. 3 der AGB, z.B. Mahnungen. Ende.",
           "Vgl. Abs. 3 der AGB, z.B. Mahnungen.|Ende.");
    expect("fr", "M. Dupont paie. Merci.", "M. Dupont paie.|Merci.");
}

static void test_ordinals_end_no_sentence_where_they_have_points(void **state)
{
    expect("de", "Fällig am 12. März. Danke.", "Fällig am 12. März.|Danke.");
    expect("en", "There are 12. March on.", "There are 12.|March on.");
    expect("de", "Das war 2026. Danach kam nichts.", "Das war 2026.|Danach kam nichts.");
}

static void test_the_marker_of_a_list_is_no_sentence(void **state)
{
    expect("en", "1. Pay the bill. 2. Rest.", "1. Pay the bill.|2. Rest.");
}

static void test_nothing_has_no_sentences(void **state)
{
    expect("en", "", "");
    expect("en", " \n ", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences_end_at_points),
        cmocka_unit_test(test_the_end_of_a_line_ends_no_sentence),
        cmocka_unit_test(test_abbreviations_end_no_sentence),
        cmocka_unit_test(test_ordinals_end_no_sentence_where_they_have_points),
        cmocka_unit_test(test_the_marker_of_a_list_is_no_sentence),
        cmocka_unit_test(test_nothing_has_no_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
