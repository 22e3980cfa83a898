#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/mixed_words.h"

enum { PAGE_MAX_BYTES = 1 << 20 };

/* A page with two lines: what was read first, and the other reading. */
struct readings {
    struct arena *arena;
    struct page page;
    struct line *line, *found;
};

static int set_up(void **state)
{
    struct readings *both = calloc(1, sizeof(*both));

    assert_non_null(both);
    both->arena = arena_new(PAGE_MAX_BYTES);
    assert_non_null(both->arena);
    page_begin(&both->page, both->arena);
    both->line = block_add_line(&both->page, page_add_block(&both->page));
    both->found = block_add_line(&both->page, page_add_block(&both->page));
    assert_non_null(both->line);
    assert_non_null(both->found);
    *state = both;
    return 0;
}

static int tear_down(void **state)
{
    struct readings *both = *state;

    arena_free(both->arena);
    free(both);
    return 0;
}

static void add(struct readings *both, struct line *line, const char *text, float confidence,
                int32_t x0, int32_t x1)
{
    struct word *word = line_add_word(&both->page, line);

    assert_non_null(word);
    word->text = text;
    word->confidence = confidence;
    word->bbox = (struct bbox){x0, 0, x1, 10};
}

static void assert_merged(struct readings *both, const char *script, const char *expected)
{
    char text[256] = "";
    struct status st = {0};

    assert_int_equal(mixed_words_merge(both->line, both->found, script, both->arena, &st),
                     STATUS_OK);
    for (size_t w = 0; w < both->line->word_count; w++) {
        strcat(text, w > 0 ? " " : "");
        strcat(text, both->line->words[w].text);
    }
    assert_string_equal(text, expected);
}

static void test_poor_words_are_replaced_and_sure_ones_kept(void **state)
{
    struct readings *both = *state;

    add(both, both->line, "\u0437\u0430", 0.93f, 0, 20);
    add(both, both->line, "\u0420\u041c\u0421", 0.43f, 30, 60);
    add(both, both->line, "\u043a\u0430\u0440\u0442\u044b", 0.95f, 70, 120);
    add(both, both->found, "3a", 0.96f, 0, 20);
    add(both, both->found, "PNG", 0.93f, 31, 61);
    add(both, both->found, "\u043a\u0430\u0440\u0442\u0438", 0.96f, 70, 120);
    assert_merged(both, "Cyrl", "\u0437\u0430 PNG \u043a\u0430\u0440\u0442\u044b");
}

static void test_words_of_one_place_are_replaced_together(void **state)
{
    struct readings *both = *state;

    add(both, both->line, "\u0440\u0430\u0437", 0.6f, 0, 30);
    add(both, both->line, "\u0434\u0432\u0430", 0.96f, 100, 130);
    add(both, both->line, "\u0441\u043e\u043f\u0439", 0.3f, 140, 180);
    add(both, both->line, "\u041f\u043e\u043f", 0.8f, 190, 220);
    add(both, both->found, "\u0434\u0432\u0430", 0.96f, 100, 130);
    add(both, both->found, "condition", 0.93f, 140, 220);
    assert_merged(both, "Cyrl", "\u0440\u0430\u0437 \u0434\u0432\u0430 condition");
}

static void test_a_word_that_is_not_surer_is_left(void **state)
{
    struct readings *both = *state;

    add(both, both->line, "\u0440\u0435\u043b\u043e\u0433", 0.6f, 0, 50);
    add(both, both->line, "\u043f\u043e\u0433\u0438\u043d\u044b", 0.5f, 60, 120);
    add(both, both->found, "relog", 0.62f, 0, 50);
    add(both, both->found, "in", 0.9f, 60, 80);
    assert_merged(both, "Cyrl",
                  "\u0440\u0435\u043b\u043e\u0433 \u043f\u043e\u0433\u0438\u043d\u044b");
}

static void test_a_sure_word_becomes_one_that_can_only_be_latin(void **state)
{
    struct readings *both = *state;

    add(both, both->line, "\u043f\u043e\u043f\u0435", 0.92f, 0, 40);
    add(both, both->line, "\u0442\u043e\u0432\u0447", 0.4f, 50, 90);
    add(both, both->line, "\u043d\u044c", 0.92f, 100, 120);
    add(both, both->found, "none", 0.93f, 0, 40);
    add(both, both->found, "TOBY", 0.8f, 50, 90);
    add(both, both->found, "Hb", 0.96f, 100, 120);
    assert_merged(both, "Cyrl", "none \u0442\u043e\u0432\u0447 \u043d\u044c");
}

static void test_latin_words_among_other_letters_must_be_sure(void **state)
{
    struct readings *both = *state;

    add(both, both->line, "\u05e1\u05d9\u05d5\u05dd", 0.5f, 0, 40);
    add(both, both->line, "\u05d0\u05d1\u05d2", 0.5f, 50, 90);
    add(both, both->found, "ove", 0.75f, 0, 40);
    add(both, both->found, "PDF", 0.93f, 50, 90);
    assert_merged(both, "Hebr", "\u05e1\u05d9\u05d5\u05dd PDF");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_poor_words_are_replaced_and_sure_ones_kept),
        TEST(test_words_of_one_place_are_replaced_together),
        TEST(test_a_word_that_is_not_surer_is_left),
        TEST(test_a_sure_word_becomes_one_that_can_only_be_latin),
        TEST(test_latin_words_among_other_letters_must_be_sure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
