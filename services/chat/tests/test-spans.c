#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/passage/spans.h"

enum { ARENA_BYTES = 8 << 20, LIMIT_BYTES = 64 << 10 };

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state == NULL;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* `count` sentences of nine words, of which each tenth ends a row. */
static const char *sentences(struct arena *arena, int count)
{
    const char *text = "";

    for (int i = 0; i < count; i++)
        text = arena_printf(arena, "%sSentence number %d says a little of the matter.%s", text, i,
                            i + 1 == count ? ""
                            : i % 10 == 9  ? "\n"
                                           : " ");
    return text;
}

/* A passage of one piece a line. */
static struct passage passage_of(struct arena *arena, const char *text)
{
    struct passage passage = {.text = str_of(text), .language = STR("en")};
    struct passage_piece *pieces = ARENA_NEW_ARRAY(arena, struct passage_piece, passage.text.n + 1);
    struct str rest = passage.text, line;

    while (str_next_token(&rest, '\n', &line))
        pieces[passage.piece_count++] =
            (struct passage_piece){.offset = (uint32_t)(line.p - text), .length = (uint32_t)line.n};
    passage.pieces = pieces;
    return passage;
}

/* What holds for all. */
static size_t cut(struct arena *arena, const struct passage *passage, size_t limit_bytes,
                  struct passage_span spans[static PASSAGE_SPANS_MAX])
{
    struct status st = {0};
    size_t count = 0, end = 0;

    assert_int_equal(passage_spans_cut(passage, limit_bytes, arena, spans, &count, &st), STATUS_OK);
    assert_in_range(count, 1, PASSAGE_SPANS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || spans[i].offset > end);
        for (size_t at = end; at < spans[i].offset; at++)
            assert_true(passage->text.p[at] == ' ' || passage->text.p[at] == '\n');
        end = (size_t)spans[i].offset + spans[i].length;
        assert_true(end <= passage->text.n);
    }
    assert_true(end <= limit_bytes);
    return count;
}

static void test_a_short_passage_is_one(void **state)
{
    struct passage passage = passage_of(*state, "Invoice 17\nTotal\t215.00\nPaid.");
    struct passage_span spans[PASSAGE_SPANS_MAX];

    assert_int_equal(cut(*state, &passage, LIMIT_BYTES, spans), 1);
    assert_int_equal(spans[0].offset, 0);
    assert_int_equal(spans[0].length, passage.text.n);
}

static void test_spans_are_whole_sentences(void **state)
{
    struct passage passage = passage_of(*state, sentences(*state, 13)); /* 117 words */
    struct passage_span spans[PASSAGE_SPANS_MAX];
    size_t count = cut(*state, &passage, LIMIT_BYTES, spans);

    assert_in_range(count, 5, 7);
    for (size_t i = 0; i < count; i++) {
        struct str span = {passage.text.p + spans[i].offset, spans[i].length};
        assert_true(str_starts_with(span, STR("Sentence number ")));
        assert_int_equal(span.p[span.n - 1], '.');
    }
}

static void test_a_long_passage_has_no_more(void **state)
{
    struct passage passage = passage_of(*state, sentences(*state, 200));
    struct passage_span spans[PASSAGE_SPANS_MAX];
    size_t count = cut(*state, &passage, LIMIT_BYTES, spans);

    assert_int_equal(count, PASSAGE_SPANS_MAX);
    assert_int_equal(spans[count - 1].offset + spans[count - 1].length, passage.text.n);
    for (size_t i = 0; i < count; i++)
        assert_true(spans[i].length < 2 * passage.text.n / PASSAGE_SPANS_MAX);
}

static void test_a_long_sentence_is_not_cut(void **state)
{
    const char *text = "Short. Now a";
    struct passage_span spans[PASSAGE_SPANS_MAX];

    for (int i = 0; i < 60; i++)
        text = arena_printf(*state, "%s word", text);
    struct passage passage = passage_of(*state, arena_printf(*state, "%s. Short again.", text));
    assert_int_equal(cut(*state, &passage, LIMIT_BYTES, spans), 3);
    assert_int_equal(spans[0].length, strlen("Short."));
    assert_int_equal(spans[2].length, strlen("Short again."));
}

static void test_what_is_behind_the_limit_is_left_out(void **state)
{
    struct passage passage = passage_of(*state, sentences(*state, 30));
    struct passage_span spans[PASSAGE_SPANS_MAX];

    for (size_t limit = 1; limit < passage.text.n; limit += 97)
        (void)cut(*state, &passage, limit, spans);
}

static void test_a_passage_without_words_is_one(void **state)
{
    static const char *const texts[] = {"", " ", "....", "\xff\xfe"};
    struct passage_span spans[PASSAGE_SPANS_MAX];

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct passage passage = passage_of(*state, texts[i]);
        assert_int_equal(cut(*state, &passage, LIMIT_BYTES, spans), 1);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_short_passage_is_one),
        TEST(test_spans_are_whole_sentences),
        TEST(test_a_long_passage_has_no_more),
        TEST(test_a_long_sentence_is_not_cut),
        TEST(test_what_is_behind_the_limit_is_left_out),
        TEST(test_a_passage_without_words_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
