/* Document indexes at hand: loaded once, kept within bounds, held by who uses them. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/chat/document_cache.h"
#include "services/chat/embed/passage_vectors.h"
#include "services/chat/tests/page_fixture.h"

enum {
    ARENA_BYTES = 8 << 20,
    INDEX_BYTES = 1 << 20,
    ASKERS = 8,
    JOBS = 4,
    ROUNDS = 200,
};

/* A document's index, as every job of these tests has it. */
static struct buf index_bytes;

static int make_index(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    Ocrmesh__Document__V1__Page *page = fixture_page(arena, 0, "en");
    struct passages passages;
    struct status st = {0};

    fixture_block(arena, page, KIND(PARAGRAPH), "The harbour office opens at eight.");
    passages = fixture_passages(arena, &page, 1);
    buf_init(&index_bytes, INDEX_BYTES);
    return document_index_build(&passages, &index_bytes, &st);
}

static int drop_index(void **state)
{
    buf_deinit(&index_bytes);
    return 0;
}

/* What a load is told to do, and how often it did. */
struct source {
    atomic_int loads;
    bool fails;
    bool is_damaged;
};

static status_code load(void *arg, struct buf *out, struct status *st)
{
    struct source *source = arg;

    atomic_fetch_add(&source->loads, 1);
    if (source->fails)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "told to fail");
    if (!buf_append(out, source->is_damaged ? "damaged" : index_bytes.data,
                    source->is_damaged ? 7 : index_bytes.length))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static int64_t deadline(void)
{
    return time_mono_after_ms(100000);
}

static struct cached_document *get(struct document_cache *cache, const char *job_id,
                                   struct source *source)
{
    struct cached_document *document = NULL;
    struct status st = {0};

    if (document_cache_get(cache, job_id, deadline(), load, source, &document, &st) != STATUS_OK)
        fail_msg("%s", st.message);
    return document;
}

static void use(struct document_cache *cache, const char *job_id, struct source *source)
{
    _cleanup_(cached_document_unrefp) struct cached_document *document = get(cache, job_id, source);

    assert_int_equal(document_index_passages(cached_document_index(document))->count, 1);
}

static int64_t size_of_one(void)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    struct source source = {0};

    use(cache, "job", &source);
    return document_cache_counts(cache).bytes;
}

static void test_document_is_loaded_once(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    struct source source = {0};

    use(cache, "a", &source);
    use(cache, "a", &source);
    use(cache, "b", &source);
    assert_int_equal(source.loads, 2);
    assert_int_equal(document_cache_counts(cache).documents, 2);
    assert_int_equal(document_cache_counts(cache).hits, 1);
    assert_int_equal(document_cache_counts(cache).misses, 2);
}

static void test_what_was_not_used_for_longest_goes_first(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache =
        document_cache_new(2 * size_of_one());
    struct source a = {0}, b = {0}, c = {0};

    use(cache, "a", &a);
    use(cache, "b", &b);
    use(cache, "a", &a);
    use(cache, "c", &c);
    assert_int_equal(document_cache_counts(cache).documents, 2);
    assert_true(document_cache_counts(cache).bytes <= 2 * size_of_one());
    use(cache, "a", &a);
    assert_int_equal(a.loads, 1);
    use(cache, "b", &b);
    assert_int_equal(b.loads, 2);
}

static void test_document_in_use_stays_beyond_the_bound(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(1);
    struct source source = {0};
    struct cached_document *first = get(cache, "a", &source);
    struct cached_document *second = get(cache, "a", &source);

    assert_int_equal(source.loads, 1);
    cached_document_unref(first);
    assert_int_equal(document_index_passages(cached_document_index(second))->count, 1);
    cached_document_unref(second);
    assert_int_equal(document_cache_counts(cache).documents, 0);
    assert_int_equal(document_cache_counts(cache).bytes, 0);
}

static void test_what_is_in_use_is_told_apart(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    struct source source = {0};
    struct cached_document *held = get(cache, "a", &source);

    use(cache, "b", &source);
    assert_int_equal(document_cache_counts(cache).bytes, 2 * size_of_one());
    assert_int_equal(document_cache_counts(cache).used_bytes, size_of_one());
    cached_document_unref(held);
    assert_int_equal(document_cache_counts(cache).bytes, 2 * size_of_one());
    assert_int_equal(document_cache_counts(cache).used_bytes, 0);
}

static void test_embeddings_that_grow_with_use_count(void **state)
{
    static const float embedding[1][EMBEDDING_WIDTH] = {{1}};
    _cleanup_(document_cache_freep) struct document_cache *cache =
        document_cache_new(size_of_one());
    struct source source = {0};
    struct cached_document *held;

    use(cache, "a", &source);
    assert_int_equal(document_cache_counts(cache).documents, 1);
    held = get(cache, "a", &source);
    assert_true(passage_vectors_set(cached_document_vectors(held), 0, embedding, 1));
    cached_document_unref(held);
    assert_int_equal(document_cache_counts(cache).documents, 0);
    assert_int_equal(document_cache_counts(cache).bytes, 0);
    assert_int_equal(document_cache_counts(cache).used_bytes, 0);
}

static void test_dropped_document_lives_for_its_users(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    struct source source = {0};
    struct cached_document *held = get(cache, "a", &source);
    struct status st = {0};
    const char **ids;
    size_t count;

    use(cache, "b", &source);
    document_cache_drop(cache, "a");
    document_cache_drop(cache, "unknown");
    assert_int_equal(document_cache_jobs(cache, arena, &ids, &count, &st), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(ids[0], "b");
    assert_int_equal(document_index_passages(cached_document_index(held))->count, 1);
    cached_document_unref(held);
    assert_int_equal(document_cache_counts(cache).documents, 1);
    use(cache, "a", &source);
    assert_int_equal(source.loads, 3);
}

static void test_finding_neither_loads_nor_counts_as_use(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache =
        document_cache_new(2 * size_of_one());
    struct cached_document *found;
    struct source source = {0};

    assert_null(document_cache_find(cache, "a"));
    use(cache, "a", &source);
    use(cache, "b", &source);
    found = document_cache_find(cache, "a");
    assert_non_null(found);
    assert_string_equal(cached_document_job(found), "a");
    cached_document_unref(found);
    assert_int_equal(document_cache_counts(cache).hits, 0);
    use(cache, "c", &source);
    assert_null(document_cache_find(cache, "a"));
}

static void test_failed_and_damaged_loads_leave_nothing_behind(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    struct source failing = {.fails = true}, damaged = {.is_damaged = true}, good = {0};
    struct cached_document *document;
    struct status st = {0};

    assert_int_equal(document_cache_get(cache, "a", deadline(), load, &failing, &document, &st),
                     STATUS_UNAVAILABLE);
    assert_int_equal(document_cache_get(cache, "a", deadline(), load, &damaged, &document, &st),
                     STATUS_DATA_LOSS);
    assert_int_equal(document_cache_counts(cache).documents, 0);
    assert_int_equal(document_cache_counts(cache).bytes, 0);
    use(cache, "a", &good);
}

/* --- several at once --- */

struct asker {
    struct document_cache *cache;
    struct source *sources; /* one a job; every third load of one fails */
    unsigned seed;
    atomic_int *failures;
};

static status_code load_mostly(void *arg, struct buf *out, struct status *st)
{
    struct source *source = arg;

    if (atomic_load(&source->loads) % 3 == 1) {
        atomic_fetch_add(&source->loads, 1);
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "every third fails");
    }
    return load(arg, out, st);
}

static void *ask_often(void *arg)
{
    struct asker *asker = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int job = rand_r(&asker->seed) % JOBS;
        char id[16];
        struct cached_document *document = NULL;
        struct status st = {0};

        (void)snprintf(id, sizeof(id), "job-%d", job);
        if (document_cache_get(asker->cache, id, deadline(), load_mostly, &asker->sources[job],
                               &document, &st) == STATUS_OK) {
            if (document_index_passages(cached_document_index(document))->count != 1)
                atomic_fetch_add(asker->failures, 1);
            cached_document_unref(document);
        } else if (st.code != STATUS_UNAVAILABLE) {
            atomic_fetch_add(asker->failures, 1);
        }
        if (i % 10 == 0)
            document_cache_drop(asker->cache, id);
    }
    return NULL;
}

static void test_many_threads_share_a_small_cache(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache =
        document_cache_new(2 * size_of_one());
    struct source sources[JOBS] = {0};
    struct asker askers[ASKERS];
    pthread_t threads[ASKERS];
    atomic_int failures = 0;

    for (int i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){cache, sources, (unsigned)i + 1, &failures};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
    }
    for (int i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(failures, 0);
    assert_true(document_cache_counts(cache).bytes <= 2 * size_of_one());
    assert_int_equal(document_cache_counts(cache).used_bytes, 0);
}

/* A load that waits until the test lets it go on. */
struct gate_source {
    atomic_bool is_loading, may_end;
};

static status_code load_slowly(void *arg, struct buf *out, struct status *st)
{
    struct gate_source *source = arg;

    atomic_store(&source->is_loading, true);
    while (!atomic_load(&source->may_end))
        sched_yield();
    return FAIL(st, STATUS_CANCELLED, NULL, "its caller has gone");
}

static void *get_slowly(void *arg)
{
    struct document_cache *cache = ((void **)arg)[0];
    struct cached_document *document;
    struct status st = {0};

    (void)!document_cache_get(cache, "a", deadline(), load_slowly, ((void **)arg)[1], &document,
                              &st);
    return NULL;
}

static void test_waiting_ends_with_the_deadline_and_outlives_a_failed_load(void **state)
{
    _cleanup_(document_cache_freep) struct document_cache *cache = document_cache_new(INT64_MAX);
    struct gate_source slow = {0};
    struct source source = {0};
    struct cached_document *document;
    struct status st = {0};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, get_slowly, (void *[]){cache, &slow}), 0);
    while (!atomic_load(&slow.is_loading))
        sched_yield();
    assert_int_equal(document_cache_get(cache, "a", time_mono(), load, &source, &document, &st),
                     STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(source.loads, 0);
    atomic_store(&slow.may_end, true);
    use(cache, "a", &source);
    assert_int_equal(source.loads, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_is_loaded_once),
        cmocka_unit_test(test_what_was_not_used_for_longest_goes_first),
        cmocka_unit_test(test_document_in_use_stays_beyond_the_bound),
        cmocka_unit_test(test_what_is_in_use_is_told_apart),
        cmocka_unit_test(test_embeddings_that_grow_with_use_count),
        cmocka_unit_test(test_dropped_document_lives_for_its_users),
        cmocka_unit_test(test_finding_neither_loads_nor_counts_as_use),
        cmocka_unit_test(test_failed_and_damaged_loads_leave_nothing_behind),
        cmocka_unit_test(test_many_threads_share_a_small_cache),
        cmocka_unit_test(test_waiting_ends_with_the_deadline_and_outlives_a_failed_load),
    };

    return cmocka_run_group_tests(tests, make_index, drop_index);
}
