#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/ocr/worker/engine/neural/spans.h"

enum { ARENA_MAX_BYTES = 1 << 20, WIDTH = 400, HEIGHT = 48, PIXELS_PER_STEP = 8 };

/* Labels of the tests' recognizer. */
enum { BLANK, A, B, SPACE, HAN, WIDE_SPACE };
static const char *const labels[] = {"", "a", "b", " ", "\xE4\xBA\xBA", "\xE3\x80\x80"};

struct fixture {
    float values[WIDTH * HEIGHT];
    struct ctc_symbol symbols[64];
    size_t count;
    struct arena *arena;
    struct text_line line;
};

static int prepare(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->arena = arena_new(ARENA_MAX_BYTES);
    assert_non_null(fixture->arena);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        fixture->values[i] = 1;
    *state = fixture;
    return 0;
}

static int give_up(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* A glyph 16 pixels wide from `x` on, between rows 10 and 30, and the symbol for it; label 0: one
 * that the recognizer does not know. */
static void put_glyph(struct fixture *fixture, int x, uint32_t label)
{
    for (int row = 10; row < 30; row++)
        for (int column = x; column < x + 16; column++)
            fixture->values[row * WIDTH + column] = -1;
    if (label != BLANK)
        fixture->symbols[fixture->count++] =
            (struct ctc_symbol){label, 0.9f, ((float)x + 8) / PIXELS_PER_STEP};
}

static void put_space(struct fixture *fixture, int x, uint32_t label)
{
    fixture->symbols[fixture->count++] =
        (struct ctc_symbol){label, 0.9f, (float)x / PIXELS_PER_STEP};
}

static const struct text_line *make(struct fixture *fixture)
{
    const struct strip strip = {fixture->values, WIDTH, WIDTH, HEIGHT, 0, HEIGHT};

    assert_true(spans_of_line(fixture->symbols, fixture->count, labels, &strip, PIXELS_PER_STEP,
                              fixture->arena, &fixture->line));
    return &fixture->line;
}

static void assert_word(const struct word_span *word, const char *text, int x0, int x1)
{
    assert_string_equal(word->text, text);
    assert_float_equal(word->x0 * WIDTH, x0, 0.01f);
    assert_float_equal(word->x1 * WIDTH, x1, 0.01f);
    assert_float_equal(word->y0 * HEIGHT, 10, 0.01f);
    assert_float_equal(word->y1 * HEIGHT, 30, 0.01f);
}

static void test_nothing_read_is_no_words(void **state)
{
    const struct text_line *line = make(*state);

    assert_int_equal(line->word_count, 0);
    assert_float_equal(line->confidence, 0, 0);
}

static void test_spaces_part_words_and_boxes_are_what_is_inked(void **state)
{
    struct fixture *fixture = *state;

    put_glyph(fixture, 20, A);
    put_glyph(fixture, 40, B);
    put_space(fixture, 70, SPACE);
    put_glyph(fixture, 90, B);
    const struct text_line *line = make(fixture);
    assert_int_equal(line->word_count, 2);
    assert_word(&line->words[0], "ab", 20, 56);
    assert_word(&line->words[1], "b", 90, 106);
    assert_false(line->words[0].no_space_after);
    assert_float_equal(line->confidence, 0.9f, 0.001f);
}

static void test_the_ideographic_space_parts_words_too(void **state)
{
    struct fixture *fixture = *state;

    put_glyph(fixture, 20, A);
    put_space(fixture, 50, WIDE_SPACE);
    put_glyph(fixture, 80, A);
    assert_int_equal(make(fixture)->word_count, 2);
}

static void test_spaces_at_the_ends_are_no_words(void **state)
{
    struct fixture *fixture = *state;

    put_space(fixture, 4, SPACE);
    put_glyph(fixture, 20, A);
    put_space(fixture, 60, SPACE);
    const struct text_line *line = make(fixture);
    assert_int_equal(line->word_count, 1);
    assert_word(&line->words[0], "a", 20, 36);
}

static void test_a_word_ends_where_its_script_does(void **state)
{
    struct fixture *fixture = *state;

    put_glyph(fixture, 20, A);
    put_glyph(fixture, 40, HAN);
    put_glyph(fixture, 60, HAN);
    put_glyph(fixture, 80, B);
    const struct text_line *line = make(fixture);
    assert_int_equal(line->word_count, 3);
    assert_word(&line->words[1], "\xE4\xBA\xBA\xE4\xBA\xBA", 40, 76);
    assert_true(line->words[0].no_space_after);
    assert_true(line->words[1].no_space_after);
    assert_false(line->words[2].no_space_after);
}

static void test_light_letters_on_dark_are_ink(void **state)
{
    struct fixture *fixture = *state;

    put_glyph(fixture, 20, A);
    put_space(fixture, 60, SPACE);
    put_glyph(fixture, 90, B);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        fixture->values[i] = -fixture->values[i];
    const struct text_line *line = make(fixture);
    assert_word(&line->words[0], "a", 20, 36);
    assert_word(&line->words[1], "b", 90, 106);
}

static void test_letters_that_are_not_known_lower_the_confidence(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 10; i++)
        put_glyph(fixture, 20 + 20 * i, i % 5 == 4 ? BLANK : A);
    const struct text_line *line = make(fixture);
    assert_true(line->confidence < 0.9f * 0.95f);
    assert_true(line->confidence > 0.9f * 0.75f);
}

static void test_a_line_that_is_mostly_unknown_has_next_to_no_confidence(void **state)
{
    struct fixture *fixture = *state;

    put_glyph(fixture, 0, A);
    for (int i = 1; i < 19; i++)
        put_glyph(fixture, 20 * i, BLANK);
    assert_true(make(fixture)->confidence < 0.25f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, give_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_read_is_no_words),
        TEST(test_spaces_part_words_and_boxes_are_what_is_inked),
        TEST(test_the_ideographic_space_parts_words_too),
        TEST(test_spaces_at_the_ends_are_no_words),
        TEST(test_a_word_ends_where_its_script_does),
        TEST(test_light_letters_on_dark_are_ink),
        TEST(test_letters_that_are_not_known_lower_the_confidence),
        TEST(test_a_line_that_is_mostly_unknown_has_next_to_no_confidence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
