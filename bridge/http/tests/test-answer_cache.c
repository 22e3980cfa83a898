#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge/http/answer_cache.h"
#include "lib/base/clock.h"
#include "lib/wire/memory_file.h"

enum {
    CACHE_BYTES = 64 * 1024,
    BODY_BYTES = 4000,
    LARGE_BYTES = 40000,
    LARGE_CACHE_BYTES = 64 << 20,
    LARGE_ANSWERS = 600, /* more than become files */
};

static const struct str stamp = STR("7 {");

/* Writes a body of so many letters down, in two pieces. */
static bool store(struct answer_cache *cache, const char *name, content_coding coding, char letter,
                  size_t bytes)
{
    struct answer_draft *draft = answer_cache_begin(cache, str_of(name), coding, stamp);
    _cleanup_(freep) char *body = malloc(bytes);

    assert_non_null(body);
    memset(body, letter, bytes);
    if (draft == NULL)
        return false;
    if (!answer_draft_append(draft, (struct str){body, bytes / 2}) ||
        !answer_draft_append(draft, (struct str){body + bytes / 2, bytes - bytes / 2})) {
        answer_draft_free(draft);
        return false;
    }
    answer_draft_finish(draft);
    return true;
}

/* The first letter of what is found; 0 when nothing is. */
static char find(struct answer_cache *cache, const char *name, content_coding coding,
                 struct str with_stamp)
{
    struct stored_answer *answer = answer_cache_find(cache, str_of(name), coding, with_stamp);
    char letter = answer != NULL ? stored_answer_body(answer).p[0] : 0;

    stored_answer_unref(answer);
    return letter;
}

static void test_an_answer_is_found_with_its_name_coding_and_stamp_alone(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);

    assert_true(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
    assert_true(store(cache, "a", CONTENT_CODING_GZIP, 'y', BODY_BYTES));
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 'x');
    assert_int_equal(find(cache, "a", CONTENT_CODING_GZIP, stamp), 'y');
    assert_int_equal(find(cache, "a", CONTENT_CODING_BROTLI, stamp), 0);
    assert_int_equal(find(cache, "b", CONTENT_CODING_IDENTITY, stamp), 0);
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, STR("8 {")), 0);
    /* What had another stamp is of no use to anybody any more. */
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 0);
    assert_int_equal(find(cache, "a", CONTENT_CODING_GZIP, stamp), 'y');
}

static void test_what_is_written_down_is_what_was_sent(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);
    struct answer_draft *draft = answer_cache_begin(cache, STR("a"), CONTENT_CODING_BROTLI, stamp);

    assert_true(answer_draft_append(draft, STR("one ")));
    assert_true(answer_draft_append(draft, STR("two")));
    assert_int_equal(find(cache, "a", CONTENT_CODING_BROTLI, stamp), 0);
    answer_draft_finish(draft);
    struct stored_answer *answer = answer_cache_find(cache, STR("a"), CONTENT_CODING_BROTLI, stamp);
    assert_non_null(answer);
    assert_true(str_equal(stored_answer_body(answer), STR("one two")));
    stored_answer_unref(answer);
}

/* A large body is a file with the same bytes, as long as there are descriptors for it. */
static void test_large_bodies_are_files_up_to_a_number(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(LARGE_CACHE_BYTES);
    _cleanup_(freep) char *read = malloc(LARGE_BYTES);
    char name[16];
    int files = 0;

    assert_non_null(read);
    for (int i = 0; i < LARGE_ANSWERS; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        assert_true(store(cache, name, CONTENT_CODING_IDENTITY, (char)('a' + i % 20), LARGE_BYTES));
    }
    assert_true(store(cache, "small", CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
    for (int i = 0; i < LARGE_ANSWERS; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        struct stored_answer *answer =
            answer_cache_find(cache, str_of(name), CONTENT_CODING_IDENTITY, stamp);
        assert_non_null(answer);
        struct lent lent = stored_answer_lend(answer, stored_answer_body(answer));
        assert_int_equal(lent.bytes.n, LARGE_BYTES);
        assert_int_equal(lent.bytes.p[LARGE_BYTES - 1], 'a' + i % 20);
        if (lent.file != NULL) {
            files++;
            assert_ptr_equal(lent.file->bytes.p, lent.bytes.p);
            assert_int_equal(pread(lent.file->fd, read, LARGE_BYTES, 0), LARGE_BYTES);
            assert_memory_equal(read, lent.bytes.p, LARGE_BYTES);
        }
        lent_return(&lent);
        stored_answer_unref(answer);
    }
    assert_in_range(files, 1, LARGE_ANSWERS - 1);
    assert_in_range(answer_cache_counts(cache).bytes, LARGE_ANSWERS * LARGE_BYTES,
                    LARGE_ANSWERS * (LARGE_BYTES + 512));
    struct stored_answer *small =
        answer_cache_find(cache, STR("small"), CONTENT_CODING_IDENTITY, stamp);
    struct lent lent = stored_answer_lend(small, stored_answer_body(small));
    assert_null(lent.file);
    lent_return(&lent);
    stored_answer_unref(small);
}

static void test_the_least_recently_used_leaves_and_memory_stays_within_the_limit(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);
    char name[16];

    assert_true(store(cache, "used", CONTENT_CODING_IDENTITY, 'u', BODY_BYTES));
    assert_true(store(cache, "unused", CONTENT_CODING_IDENTITY, 'n', BODY_BYTES));
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        assert_true(store(cache, name, CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
        assert_int_equal(find(cache, "used", CONTENT_CODING_IDENTITY, stamp), 'u');
        assert_true(answer_cache_counts(cache).bytes <= CACHE_BYTES);
    }
    assert_int_equal(find(cache, "unused", CONTENT_CODING_IDENTITY, stamp), 0);
    assert_int_equal(find(cache, "0", CONTENT_CODING_IDENTITY, stamp), 0);
    assert_int_equal(find(cache, "99", CONTENT_CODING_IDENTITY, stamp), 'x');
}

static void test_no_answer_takes_more_than_its_share(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);

    assert_true(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', CACHE_BYTES / ANSWER_CACHE_SHARE));
    assert_false(
        store(cache, "b", CONTENT_CODING_IDENTITY, 'x', CACHE_BYTES / ANSWER_CACHE_SHARE + 2));
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 'x');
}

static void test_drafts_take_no_more_than_the_cache_has(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);
    struct answer_draft *drafts[100];
    char name[16], bytes[BODY_BYTES] = "x";
    int useful = 0;

    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        drafts[i] = answer_cache_begin(cache, str_of(name), CONTENT_CODING_IDENTITY, stamp);
        if (drafts[i] != NULL)
            useful += answer_draft_append(drafts[i], (struct str){bytes, sizeof(bytes)});
        assert_true(answer_cache_counts(cache).bytes <= CACHE_BYTES);
    }
    assert_in_range(useful, 1, CACHE_BYTES / BODY_BYTES);
    for (int i = 0; i < 100; i++)
        answer_draft_free(drafts[i]);
    assert_int_equal(answer_cache_counts(cache).bytes, 0);
}

static void test_of_one_answer_there_is_one_draft(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);
    struct answer_draft *draft = answer_cache_begin(cache, STR("a"), CONTENT_CODING_GZIP, stamp);

    assert_null(answer_cache_begin(cache, STR("a"), CONTENT_CODING_GZIP, stamp));
    answer_draft_free(draft);
    draft = answer_cache_begin(cache, STR("a"), CONTENT_CODING_GZIP, stamp);
    assert_non_null(draft);
    answer_draft_free(draft);
}

static void test_what_was_deleted_is_gone_also_while_it_is_written_down(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);
    struct answer_draft *draft;

    assert_true(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
    draft = answer_cache_begin(cache, STR("a"), CONTENT_CODING_GZIP, stamp);
    assert_true(answer_draft_append(draft, STR("text")));
    answer_cache_drop(cache, STR("a"));
    answer_draft_finish(draft);
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 0);
    assert_int_equal(find(cache, "a", CONTENT_CODING_GZIP, stamp), 0);
    assert_int_equal(answer_cache_counts(cache).bytes, 0);
}

/* Who is still sending it goes on; its memory counts until then. */
static void test_an_answer_outlives_its_place(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);

    assert_true(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
    struct stored_answer *answer =
        answer_cache_find(cache, STR("a"), CONTENT_CODING_IDENTITY, stamp);
    answer_cache_drop(cache, STR("a"));
    assert_int_equal(stored_answer_body(answer).n, BODY_BYTES);
    assert_true(answer_cache_counts(cache).bytes > BODY_BYTES);
    stored_answer_unref(answer);
    assert_int_equal(answer_cache_counts(cache).bytes, 0);
}

static void test_none_stays_longer_than_its_time(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(CACHE_BYTES);

    assert_true(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', BODY_BYTES));
    answer_cache_sweep(cache);
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 'x');
    time_set_offset_for_test((ANSWER_CACHE_AGE_MS + 1) * NANOSECONDS_PER_MS);
    assert_true(answer_cache_counts(cache).bytes > 0);
    answer_cache_sweep(cache);
    assert_int_equal(answer_cache_counts(cache).bytes, 0);
    time_set_offset_for_test(0);
}

static void test_a_cache_of_no_bytes_keeps_nothing(void **state)
{
    _cleanup_(answer_cache_freep) struct answer_cache *cache = answer_cache_new(0);

    assert_false(store(cache, "a", CONTENT_CODING_IDENTITY, 'x', 1));
    assert_int_equal(find(cache, "a", CONTENT_CODING_IDENTITY, stamp), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_found_with_its_name_coding_and_stamp_alone),
        cmocka_unit_test(test_what_is_written_down_is_what_was_sent),
        cmocka_unit_test(test_large_bodies_are_files_up_to_a_number),
        cmocka_unit_test(test_the_least_recently_used_leaves_and_memory_stays_within_the_limit),
        cmocka_unit_test(test_no_answer_takes_more_than_its_share),
        cmocka_unit_test(test_drafts_take_no_more_than_the_cache_has),
        cmocka_unit_test(test_of_one_answer_there_is_one_draft),
        cmocka_unit_test(test_what_was_deleted_is_gone_also_while_it_is_written_down),
        cmocka_unit_test(test_an_answer_outlives_its_place),
        cmocka_unit_test(test_none_stays_longer_than_its_time),
        cmocka_unit_test(test_a_cache_of_no_bytes_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
