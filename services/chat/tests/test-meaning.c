/* Questions that share no word with what answers them. */

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/chat/embed/passage_vectors.h"
#include "services/chat/meaning.h"
#include "services/chat/retrieve/fusion.h"
#include "services/chat/tests/page_fixture.h"

enum {
    ARENA_BYTES = 8 << 20,
    CACHE_BYTES = 64 << 20,
    INDEX_BYTES = 1 << 20,
    PAGES = 3,
    MANY_PAGES = 4000, /* which take minutes to be embedded */
    PATIENCE_MS = 100000,
    WARRANTY = 1, /* the passage that answers */
};

struct fixture {
    struct arena *arena;
    struct document_cache *cache;
    struct cached_document *document;
    struct meaning *meaning;
};

/* A document_cache_get() function. */
static status_code load(void *arg, struct buf *out, struct status *st)
{
    static const char *const texts[PAGES] = {
        "The machine weighs 3.5 tonnes and is painted yellow.",
        "The manufacturer's warranty ends 24 months after delivery.",
        "Invoices are to be paid within thirty days.",
    };
    struct arena *arena = arg;
    Ocrmesh__Document__V1__Page *pages[PAGES];

    for (uint32_t i = 0; i < PAGES; i++) {
        pages[i] = fixture_page(arena, i, "en");
        fixture_block(arena, pages[i], KIND(PARAGRAPH), texts[i]);
    }
    struct passages passages = fixture_passages(arena, pages, PAGES);
    return document_index_build(&passages, out, st);
}

/* As load(), of a document that is not embedded in the time of a test. */
static status_code load_long(void *arg, struct buf *out, struct status *st)
{
    struct arena *arena = arg;
    Ocrmesh__Document__V1__Page **pages =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Document__V1__Page *, MANY_PAGES);

    for (uint32_t i = 0; i < MANY_PAGES; i++) {
        pages[i] = fixture_page(arena, i, "en");
        fixture_block(arena, pages[i], KIND(PARAGRAPH),
                      arena_printf(arena, "Ship %u came into the harbour.", (unsigned)i));
    }
    struct passages passages = fixture_passages(arena, pages, MANY_PAGES);
    return document_index_build(&passages, out, st);
}

static void open_fixture(struct fixture *fixture, int64_t cache_bytes,
                         status_code (*load_it)(void *arg, struct buf *out, struct status *st))
{
    struct status st = {0};

    fixture->arena = arena_new(ARENA_BYTES);
    fixture->cache = document_cache_new(cache_bytes);
    assert_non_null(fixture->arena);
    assert_non_null(fixture->cache);
    assert_int_equal(document_cache_get(fixture->cache, "job", time_mono_after_ms(PATIENCE_MS),
                                        load_it, fixture->arena, &fixture->document, &st),
                     STATUS_OK);
}

static void open_document(struct fixture *fixture)
{
    open_fixture(fixture, CACHE_BYTES, load);
}

static void start_meaning(struct fixture *fixture, const char *folder)
{
    struct status st = {0};

    assert_int_equal(meaning_start(&(struct meaning_options){folder, fixture->cache, NULL},
                                   &fixture->meaning, &st),
                     STATUS_OK);
}

static void close_document(struct fixture *fixture)
{
    cached_document_unrefp(&fixture->document);
    meaning_stop(fixture->meaning);
    document_cache_free(fixture->cache);
    arena_free(fixture->arena);
}

static bool is_known(const float *affinity)
{
    for (size_t i = 0; i < PAGES; i++)
        if (isnan(affinity[i]))
            return false;
    return true;
}

static status_code ask_meaning(struct fixture *fixture, const char *question,
                               const float **ret_affinity, struct status *st)
{
    const struct meaning_question asked = {.text = str_of(question), .account_id = "account"};

    return meaning_affinity(fixture->meaning, fixture->document, &asked, fixture->arena,
                            ret_affinity, st);
}

/* The first questions may come before the model is loaded and all passages are embedded. */
static const float *ask(struct fixture *fixture, const char *question)
{
    const float *affinity = NULL;
    status_code code = STATUS_UNAVAILABLE;
    int64_t end = time_mono_after_ms(60000);

    while ((code == STATUS_UNAVAILABLE || (code == STATUS_OK && !is_known(affinity))) &&
           time_mono() < end) {
        struct status st = {0};
        code = ask_meaning(fixture, question, &affinity, &st);
    }
    assert_int_equal(code, STATUS_OK);
    return affinity;
}

static void finds_what_other_words_say(void **state)
{
    static const char *const questions[] = {
        "How long is it covered if something breaks?",
        "Wie lange gilt die Garantie?",
    };
    struct fixture fixture = {0};

    open_document(&fixture);
    start_meaning(&fixture, getenv("NEURAL_PATH"));
    for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
        const float *affinity = ask(&fixture, questions[i]);

        for (size_t k = 0; k < PAGES; k++)
            assert_true(k == WARRANTY || affinity[k] < affinity[WARRANTY]);
    }
    close_document(&fixture);
}

static void goes_on_without_a_model(void **state)
{
    struct fixture fixture = {0};
    const float *affinity;
    struct status st = {0};

    open_document(&fixture);
    start_meaning(&fixture, "/nonexistent");
    assert_int_equal(ask_meaning(&fixture, "Who?", &affinity, &st), STATUS_UNAVAILABLE);
    close_document(&fixture);
}

/* A document's first question, after which most of it waits to be embedded. */
static void ask_first(struct fixture *fixture)
{
    const float *affinity;
    struct status st = {0};
    status_code code;

    do
        code = ask_meaning(fixture, "Who?", &affinity, &st);
    while (code == STATUS_UNAVAILABLE);
    assert_int_equal(code, STATUS_OK);
    assert_true(isnan(affinity[MANY_PAGES - 1]));
}

static bool is_forgotten(struct fixture *fixture)
{
    int64_t end = time_mono_after_ms(PATIENCE_MS);

    while (document_cache_counts(fixture->cache).documents > 0 && time_mono() < end)
        sched_yield();
    return document_cache_counts(fixture->cache).bytes == 0;
}

static void lets_go_of_documents_whose_job_is_gone(void **state)
{
    struct fixture fixture = {0};

    open_fixture(&fixture, CACHE_BYTES, load_long);
    start_meaning(&fixture, getenv("NEURAL_PATH"));
    ask_first(&fixture);
    cached_document_unrefp(&fixture.document);
    document_cache_drop(fixture.cache, "job");
    assert_true(is_forgotten(&fixture));
    close_document(&fixture);
}

static void holds_no_document_beyond_the_cache(void **state)
{
    struct fixture fixture = {0};

    open_fixture(&fixture, 1, load_long);
    start_meaning(&fixture, getenv("NEURAL_PATH"));
    ask_first(&fixture);
    cached_document_unrefp(&fixture.document);
    assert_true(is_forgotten(&fixture));
    close_document(&fixture);
}

static void ends_with_work_left(void **state)
{
    struct fixture fixture = {0};

    open_fixture(&fixture, CACHE_BYTES, load_long);
    start_meaning(&fixture, getenv("NEURAL_PATH"));
    ask_first(&fixture);
    close_document(&fixture);
}

static struct passage_vectors *some_vectors(size_t count)
{
    struct passage_vectors *vectors = passage_vectors_new(count);
    float stretches[2][EMBEDDING_WIDTH] = {{0}};

    assert_non_null(vectors);
    for (size_t i = 0; i < count; i++) {
        stretches[0][i] = stretches[1][i] = 1;
        assert_true(passage_vectors_set(vectors, i, stretches, 1 + i % 2));
        stretches[0][i] = stretches[1][i] = 0;
    }
    return vectors;
}

static void reads_the_parts_that_it_writes(void **state)
{
    enum { COUNT = VECTORS_PART_PASSAGES + 2 };
    _cleanup_(passage_vectors_freep) struct passage_vectors *source = some_vectors(COUNT);
    _cleanup_(passage_vectors_freep) struct passage_vectors *copy = passage_vectors_new(COUNT);
    _cleanup_(buf_deinit) struct buf bytes;
    float question[EMBEDDING_WIDTH] = {0}, affinity[COUNT];

    buf_init(&bytes, VECTORS_PART_MAX_BYTES);
    assert_int_equal(passage_vectors_part_count(source), 2);
    assert_true(passage_vectors_write_part(source, 1, &bytes));
    assert_false(passage_vectors_write_part(copy, 1, &bytes));
    assert_false(passage_vectors_read_part(copy, 0, buf_str(&bytes)));
    assert_false(passage_vectors_read_part(copy, 2, buf_str(&bytes)));
    assert_false(passage_vectors_read_part(copy, 1, (struct str){bytes.data, bytes.length - 1}));
    assert_int_equal(passage_vectors_count(copy), 0);
    assert_true(passage_vectors_read_part(copy, 1, buf_str(&bytes)));
    assert_int_equal(passage_vectors_count(copy), 2);
    question[COUNT - 1] = 1;
    passage_vectors_affinity(copy, question, affinity);
    assert_true(isnan(affinity[0]));
    assert_true(fabsf(affinity[COUNT - 2]) < 0.01F);
    assert_true(fabsf(affinity[COUNT - 1] - 1) < 0.01F);
}

/* Bytes of a scale that no embedding has: not a number. */
static void takes_no_damaged_part(void **state)
{
    _cleanup_(passage_vectors_freep) struct passage_vectors *vectors = some_vectors(1);
    _cleanup_(passage_vectors_freep) struct passage_vectors *copy = passage_vectors_new(1);
    _cleanup_(buf_deinit) struct buf bytes;

    buf_init(&bytes, VECTORS_PART_MAX_BYTES);
    assert_true(passage_vectors_write_part(vectors, 0, &bytes));
    memset(bytes.data + 1 + EMBEDDING_WIDTH, 0xFF, sizeof(uint32_t));
    assert_false(passage_vectors_read_part(copy, 0, buf_str(&bytes)));
    buf_clear(&bytes);
    assert_true(passage_vectors_write_part(vectors, 0, &bytes));
    for (int count = 0; count <= UCHAR_MAX; count++) {
        bytes.data[0] = (char)count;
        assert_true(count == 1 || !passage_vectors_read_part(copy, 0, buf_str(&bytes)));
    }
    bytes.length = 0;
    assert_false(passage_vectors_read_part(copy, 0, buf_str(&bytes)));
    assert_int_equal(passage_vectors_count(copy), 0);
}

static void keeps_vectors_nearly_as_they_were(void **state)
{
    struct passage_vectors *vectors = passage_vectors_new(2);
    float vector[1][EMBEDDING_WIDTH], other[1][EMBEDDING_WIDTH], affinity[2];

    assert_non_null(vectors);
    for (size_t i = 0; i < EMBEDDING_WIDTH; i++) {
        vector[0][i] = (i % 2 == 0 ? 1 : -1) / sqrtf(EMBEDDING_WIDTH);
        other[0][i] = -vector[0][i];
    }
    assert_int_equal(passage_vectors_missing(vectors, 0), 0);
    assert_true(passage_vectors_set(vectors, 0, vector, 1));
    assert_true(passage_vectors_set(vectors, 0, other, 1)); /* comes too late */
    assert_int_equal(passage_vectors_count(vectors), 1);
    assert_int_equal(passage_vectors_missing(vectors, 0), 1);
    passage_vectors_affinity(vectors, vector[0], affinity);
    assert_true(fabsf(affinity[0] - 1) < 0.01F);
    assert_true(isnan(affinity[1]));
    passage_vectors_free(vectors);
}

/* A passage that says it among other things is farther than one that says nothing else, and nearer
 * than one of which all is somewhat alike. */
static void finds_one_stretch_among_others(void **state)
{
    enum { ALL, AMONG, ALIKE, PASSAGES };
    struct passage_vectors *vectors = passage_vectors_new(PASSAGES);
    float among[3][EMBEDDING_WIDTH] = {{0}}, alike[2][EMBEDDING_WIDTH] = {{0}};
    float question[EMBEDDING_WIDTH] = {1}, affinity[PASSAGES];

    assert_non_null(vectors);
    among[0][1] = 1;
    among[1][0] = 1;
    among[2][2] = 1;
    for (size_t i = 0; i < ARRAY_LENGTH(alike); i++) {
        alike[i][0] = 0.6F;
        alike[i][i + 1] = 0.8F;
    }
    assert_true(passage_vectors_set(vectors, ALL, (const float(*)[EMBEDDING_WIDTH]) & question, 1));
    assert_true(passage_vectors_set(vectors, AMONG, among, ARRAY_LENGTH(among)));
    assert_true(passage_vectors_set(vectors, ALIKE, alike, ARRAY_LENGTH(alike)));
    passage_vectors_affinity(vectors, question, affinity);
    assert_true(fabsf(affinity[ALL] - 1) < 0.01F);
    assert_true(fabsf(affinity[AMONG] - (1 + 1 / sqrtf(3)) / 2) < 0.01F);
    assert_true(affinity[ALIKE] < affinity[AMONG]);
    passage_vectors_free(vectors);
}

static void fuses_two_orders(void **state)
{
    /* By words: 3, 0, 1. By meaning: 2, 3, 1, and 4 is not known. */
    const float affinity[] = {-0.5F, 0.7F, 0.9F, 0.8F, NAN};
    struct index_hit hits[5] = {{3, 7}, {0, 5}, {1, 1}};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status st = {0};
    size_t count = 3;

    assert_non_null(arena);
    assert_int_equal(fusion_apply(hits, &count, 5, affinity, 5, arena, &st), STATUS_OK);
    assert_int_equal(count, 4);
    assert_int_equal(hits[0].passage, 3);
    for (size_t i = 1; i < count; i++) {
        assert_true(hits[i].score <= hits[i - 1].score);
        assert_true(hits[i].passage != 4);
    }
    assert_true(hits[0].score <= 1);
    arena_free(arena);
}

static void keeps_to_its_room(void **state)
{
    const float affinity[] = {0.1F, 0.2F, 0.3F, 0.4F};
    struct index_hit hits[2] = {{0, 1}};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status st = {0};
    size_t count = 1;

    assert_non_null(arena);
    assert_int_equal(fusion_apply(hits, &count, 2, affinity, 4, arena, &st), STATUS_OK);
    assert_int_equal(count, 2);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_other_words_say),
        cmocka_unit_test(goes_on_without_a_model),
        cmocka_unit_test(lets_go_of_documents_whose_job_is_gone),
        cmocka_unit_test(holds_no_document_beyond_the_cache),
        cmocka_unit_test(ends_with_work_left),
        cmocka_unit_test(reads_the_parts_that_it_writes),
        cmocka_unit_test(takes_no_damaged_part),
        cmocka_unit_test(keeps_vectors_nearly_as_they_were),
        cmocka_unit_test(finds_one_stretch_among_others),
        cmocka_unit_test(fuses_two_orders),
        cmocka_unit_test(keeps_to_its_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
