/* Whose document is embedded next. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "services/chat/embedding_queue.h"

static void add(struct embedding_queue *queue, const char *job_id, const char *account_id)
{
    assert_true(embedding_queue_add(queue, job_id, account_id));
}

/* Adds jobs "first", "first + 1", ... of one account. */
static void add_many(struct embedding_queue *queue, int first, int count, const char *account_id)
{
    for (int i = 0; i < count; i++) {
        char id[RANDOM_ID_SIZE];

        (void)snprintf(id, sizeof(id), "%d", first + i);
        add(queue, id, account_id);
    }
}

static void assert_next(struct embedding_queue *queue, const char *job_id)
{
    struct embedding_job job;

    assert_true(embedding_queue_take(queue, &job));
    assert_string_equal(job.id, job_id);
}

static void test_jobs_of_one_account_come_in_their_order(void **state)
{
    struct embedding_queue queue = {0};
    struct embedding_job job;

    assert_false(embedding_queue_take(&queue, &job));
    add(&queue, "a", "alice");
    add(&queue, "b", "alice");
    add(&queue, "a", "alice");
    assert_next(&queue, "a");
    assert_next(&queue, "b");
    assert_false(embedding_queue_take(&queue, &job));
}

static void test_accounts_take_turns_however_many_documents_they_have(void **state)
{
    struct embedding_queue queue = {0};

    add_many(&queue, 1, 3, "alice");
    add(&queue, "b", "bob");
    assert_next(&queue, "1");
    assert_next(&queue, "b");
    add(&queue, "b", "bob"); /* a part of it is left */
    assert_next(&queue, "2");
    assert_next(&queue, "b");
    add(&queue, "b", "bob");
    assert_next(&queue, "3");
    assert_next(&queue, "b");
}

static void test_an_account_that_comes_back_at_once_waits_for_the_others(void **state)
{
    struct embedding_queue queue = {0};

    add(&queue, "a", "alice");
    add(&queue, "b", "bob");
    assert_next(&queue, "a");
    add(&queue, "a", "alice");
    assert_next(&queue, "b");
    assert_next(&queue, "a");
}

static void test_who_has_the_most_makes_room(void **state)
{
    struct embedding_queue queue = {0};
    struct embedding_job job;

    add_many(&queue, 1, EMBEDDING_QUEUE_MAX, "alice");
    assert_false(embedding_queue_add(&queue, "one more", "alice"));
    add(&queue, "b", "bob");
    assert_int_equal(queue.length, EMBEDDING_QUEUE_MAX);
    assert_next(&queue, "1");
    assert_next(&queue, "b");
    for (int i = 2; i < EMBEDDING_QUEUE_MAX; i++) {
        char id[RANDOM_ID_SIZE];

        (void)snprintf(id, sizeof(id), "%d", i);
        assert_next(&queue, id);
    }
    assert_false(embedding_queue_take(&queue, &job)); /* the last one gave way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_of_one_account_come_in_their_order),
        cmocka_unit_test(test_accounts_take_turns_however_many_documents_they_have),
        cmocka_unit_test(test_an_account_that_comes_back_at_once_waits_for_the_others),
        cmocka_unit_test(test_who_has_the_most_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
