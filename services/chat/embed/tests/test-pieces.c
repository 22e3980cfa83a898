#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/embed/pieces.h"

enum {
    NUMBERS_MAX = 16,
    ARENA_BYTES = 1 << 20,
    UNKNOWN = 3,
};

struct fixture {
    struct pack pack;
    struct pieces *pieces;
    struct arena *arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct status st = {0};
    char path[1000];

    assert_non_null(fixture);
    (void)snprintf(path, sizeof(path), "%s/models/e5-small-q4.bin", getenv("NEURAL_PATH"));
    assert_int_equal(pack_open(path, &fixture->pack, &st), STATUS_OK);
    assert_int_equal(pieces_new(&fixture->pack, &fixture->pieces, &st), STATUS_OK);
    fixture->arena = arena_new(ARENA_BYTES);
    assert_non_null(fixture->arena);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    pieces_free(fixture->pieces);
    pack_close(&fixture->pack);
    free(fixture);
    return 0;
}

static size_t cut(struct fixture *fixture, struct str text, const uint32_t **ret_numbers)
{
    struct status st = {0};
    size_t count;

    assert_int_equal(pieces_cut(fixture->pieces, text, fixture->arena, ret_numbers, &count, &st),
                     STATUS_OK);
    return count;
}

/* The numbers are those that XLM-RoBERTa's own tokenizer gives (A. Conneau et al., 2020). */
static void cuts_as_the_model_was_trained(void **state)
{
    static const struct {
        const char *text;
        uint32_t numbers[NUMBERS_MAX];
        size_t count;
    } cases[] = {
        {"Hello world!", {35378, 8999, 38}, 3},
        {"Hello   world!", {35378, 8999, 38}, 3},
        {"query: how much", {41, 1294, 12, 3642, 5045}, 5},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const uint32_t *numbers;

        assert_int_equal(cut(*state, str_of(cases[i].text), &numbers), cases[i].count);
        assert_memory_equal(numbers, cases[i].numbers, cases[i].count * sizeof(*numbers));
    }
}

/* Full-width letters are letters, a ligature is two, and no space is better than another. */
static void folds_what_looks_alike(void **state)
{
    static const char *const pairs[][2] = {
        {"Ａｂｃ１２３", "Abc123"},
        {"\xef\xac\x81nal", "final"},
        {"a\xc2\xa0"
         "b",
         "a b"},
        {"a\nb", "a b"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        const uint32_t *one;
        const uint32_t *other;
        size_t count = cut(*state, str_of(pairs[i][0]), &one);

        assert_int_equal(cut(*state, str_of(pairs[i][1]), &other), count);
        assert_memory_equal(one, other, count * sizeof(*one));
    }
}

/* No text spells the signs that the model knows a text's ends by. */
static void knows_no_sign_in_a_text(void **state)
{
    static const char *const texts[] = {"<s>", "</s>", "<unk>", "<pad>", "<mask>"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        const uint32_t *numbers;
        size_t count = cut(fixture, str_of(texts[i]), &numbers);

        assert_true(count > 1);
        for (size_t k = 0; k < count; k++) {
            assert_int_not_equal(numbers[k], fixture->pack.begin_piece);
            assert_int_not_equal(numbers[k], fixture->pack.end_piece);
        }
    }
}

static void survives_any_bytes(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t *numbers;
    char bytes[1000];

    for (size_t seed = 0; seed < 200; seed++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (char)(seed < 100 ? rand() % 256 : 0x80 + rand() % 128);
        size_t count = cut(fixture, (struct str){bytes, (size_t)(rand() % 1000)}, &numbers);
        for (size_t i = 0; i < count; i++)
            assert_true(numbers[i] < fixture->pack.vocabulary_rows);
        arena_reset(fixture->arena);
    }
    assert_int_equal(cut(fixture, (struct str){0}, &numbers), 1);
}

static void refuses_what_is_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};
    char *text = malloc(1 << 20);
    const uint32_t *numbers;
    size_t count;

    assert_non_null(text);
    memset(text, 'x', 1 << 20);
    assert_int_equal(pieces_cut(fixture->pieces, (struct str){text, 1 << 20}, fixture->arena,
                                &numbers, &count, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_as_the_model_was_trained), cmocka_unit_test(folds_what_looks_alike),
        cmocka_unit_test(knows_no_sign_in_a_text),       cmocka_unit_test(survives_any_bytes),
        cmocka_unit_test(refuses_what_is_too_long),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
