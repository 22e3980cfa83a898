#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/chat/embed/embedder.h"

enum { THREADS = 4 };

static int set_up(void **state)
{
    struct embedder *embedder;
    struct status st = {0};

    assert_int_equal(embedder_open(getenv("NEURAL_PATH"), &embedder, &st), STATUS_OK);
    *state = embedder;
    return 0;
}

static int tear_down(void **state)
{
    embedder_close(*state);
    return 0;
}

static void embed(struct embedder *embedder, embed_kind kind, const char *text,
                  float out[static EMBEDDING_WIDTH])
{
    struct status st = {0};

    assert_int_equal(embedder_embed(embedder, kind, str_of(text), out, &st), STATUS_OK);
}

static double product(const float *a, const float *b)
{
    double sum = 0;

    for (size_t i = 0; i < EMBEDDING_WIDTH; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void gives_vectors_of_length_one(void **state)
{
    static const char *const texts[] = {"", "x", "The total is 42 dollars.",
                                        "合計は四十二ドルです。", "\xff\xfe\x80"};
    float vector[EMBEDDING_WIDTH];

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        embed(*state, EMBED_PASSAGE, texts[i], vector);
        assert_true(fabs(product(vector, vector) - 1) < 1e-4);
    }
}

/* The first passage answers the question, in other words or another language; the others do not. */
static void lays_answers_near_questions(void **state)
{
    static const struct {
        const char *question;
        const char *passages[3];
    } cases[] = {
        {"How long is the machine covered if it breaks?",
         {"The manufacturer's warranty ends 24 months after delivery.",
          "The machine weighs 3.5 tonnes and is painted yellow.",
          "Invoices are to be paid within thirty days."}},
        {"Wann muss ich spätestens bezahlen?",
         {"The invoice is due on 3 March 2026.", "The invoice was written by Ms Keller.",
          "Goods are shipped from Hamburg by sea."}},
        {"谁签署了合同？",
         {"本合同由张伟代表甲方签字。", "货物应在三十天内送达。", "本产品重三公斤。"}},
    };
    float question[EMBEDDING_WIDTH];
    float passage[EMBEDDING_WIDTH];

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        double nearness[3];

        embed(*state, EMBED_QUESTION, cases[i].question, question);
        for (size_t k = 0; k < 3; k++) {
            embed(*state, EMBED_PASSAGE, cases[i].passages[k], passage);
            nearness[k] = product(question, passage);
        }
        assert_true(nearness[0] > nearness[1]);
        assert_true(nearness[0] > nearness[2]);
    }
}

static void cuts_what_is_too_long(void **state)
{
    float vector[EMBEDDING_WIDTH];
    char *text = malloc(100001);

    assert_non_null(text);
    for (size_t i = 0; i < 100000; i++)
        text[i] = i % 6 == 5 ? ' ' : (char)('a' + i % 23);
    text[100000] = '\0';
    embed(*state, EMBED_PASSAGE, text, vector);
    assert_true(fabs(product(vector, vector) - 1) < 1e-4);
    free(text);
}

static void *embed_many(void *arg)
{
    float first[EMBEDDING_WIDTH];
    float again[EMBEDDING_WIDTH];

    embed(arg, EMBED_QUESTION, "Who signed it?", first);
    for (int i = 0; i < 10; i++) {
        embed(arg, i % 2 == 0 ? EMBED_QUESTION : EMBED_PASSAGE, "Who signed it?", again);
        if (i % 2 == 0)
            assert_memory_equal(first, again, sizeof(first));
    }
    return NULL;
}

static void serves_several_threads(void **state)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, embed_many, *state), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void says_when_there_is_no_model(void **state)
{
    struct embedder *embedder;
    struct status st = {0};

    assert_int_equal(embedder_open("/nonexistent", &embedder, &st), STATUS_UNAVAILABLE);
    assert_string_equal(st.reason, "MODEL_UNAVAILABLE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_vectors_of_length_one),
        cmocka_unit_test(lays_answers_near_questions),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(serves_several_threads),
        cmocka_unit_test(says_when_there_is_no_model),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
