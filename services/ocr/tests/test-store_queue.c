#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "services/ocr/store_job.h"
#include "services/ocr/tests/store_fixture.h"

enum { DEATHS_MAX = 2 };

static void expire_leases(struct fixture *fixture)
{
    fixture_execute(fixture,
                    "UPDATE page_task SET lease_expire_time = now() - interval '1 second' "
                    "WHERE lease_token IS NOT NULL",
                    NULL);
}

static int64_t free_expired(struct fixture *fixture)
{
    struct status st = {0};
    int64_t freed = -1;

    assert_int_equal(store_queue_free_expired(fixture->db, soon(), &freed, &st), STATUS_OK);
    return freed;
}

static void test_pages_are_leased_in_order_and_once(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 3});

    for (int32_t i = 0; i < 3; i++) {
        struct page_task task = fixture_lease(fixture, "a");
        assert_string_equal(task.job_id, id);
        assert_int_equal(task.page_index, i);
        assert_int_equal(task.attempts, 1);
        assert_string_equal(task.language, "auto");
    }
    assert_true(fixture_has_no_page(fixture));
}

static void test_an_expired_lease_is_given_to_another(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task first = fixture_lease(fixture, "a");

    assert_int_equal(free_expired(fixture), 0);
    assert_true(fixture_has_no_page(fixture));
    expire_leases(fixture);
    assert_int_equal(free_expired(fixture), 1);
    struct page_task second = fixture_lease(fixture, "b");

    assert_int_equal(second.page_index, first.page_index);
    assert_int_equal(second.attempts, 2);
    assert_string_not_equal(second.lease_token, first.lease_token);
    assert_false(fixture_end_page(fixture, &first));
    assert_true(fixture_end_page(fixture, &second));
}

static void test_an_expired_lease_ends_its_page_unless_it_was_freed(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task task = fixture_lease(fixture, "a");

    expire_leases(fixture);

    assert_true(fixture_end_page(fixture, &task));
}

static void test_renewing_tells_which_leases_stand(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct page_task kept = fixture_lease(fixture, "a");
    struct page_task lost = fixture_lease(fixture, "b");
    const char *tokens[] = {lost.lease_token, kept.lease_token};
    bool stands[2];
    struct status st = {0};

    fixture_execute(fixture, "DELETE FROM page_task WHERE lease_token = $1", lost.lease_token);
    expire_leases(fixture);
    assert_int_equal(store_queue_renew(fixture->db, soon(), tokens, 2, 60000, stands, &st),
                     STATUS_OK);

    assert_false(stands[0]);
    assert_true(stands[1]);
    assert_int_equal(free_expired(fixture), 0);
    assert_true(fixture_has_no_page(fixture));
}

static void test_a_page_given_back_is_as_if_it_had_not_been_leased(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};

    assert_int_equal(store_queue_give_back(fixture->db, soon(), task.lease_token, &st), STATUS_OK);

    assert_int_equal(fixture_lease(fixture, "b").attempts, 1);
}

static void test_higher_priority_is_served_first(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.principal = "free", .pages = 2, .priority = 1});
    const char *paid =
        fixture_job(fixture, &(struct job_plan){.principal = "paid", .pages = 1, .priority = 2});

    assert_string_equal(fixture_lease(fixture, "a").job_id, paid);
    assert_string_not_equal(fixture_lease(fixture, "b").job_id, paid);
}

/* Callers with a hundred pages do not keep others waiting. */
static void test_callers_take_turns(void **state)
{
    struct fixture *fixture = *state;
    const char *large = fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 100});
    const char *small = fixture_job(fixture, &(struct job_plan){.principal = "b", .pages = 2});
    int of_large = 0;
    int of_small = 0;
    static const char *const holders[] = {"1", "2", "3", "4"};

    for (size_t i = 0; i < 4; i++) {
        struct page_task task = fixture_lease(fixture, holders[i]);
        of_large += strcmp(task.job_id, large) == 0;
        of_small += strcmp(task.job_id, small) == 0;
    }

    assert_int_equal(of_large, 2);
    assert_int_equal(of_small, 2);
}

/* With one lane, callers alternate although none of them holds anything. */
static void test_one_lane_serves_who_waited_longest(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 10});
    fixture_job(fixture, &(struct job_plan){.principal = "b", .pages = 10});
    char last[JOB_ID_SIZE] = "";

    for (int i = 0; i < 6; i++) {
        struct page_task task = fixture_lease(fixture, "lane");
        assert_string_not_equal(task.job_id, last);
        memcpy(last, task.job_id, sizeof(last));
        assert_true(fixture_end_page(fixture, &task));
    }
}

static void test_a_lane_stays_with_its_job(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 2});
    const char *second = fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct page_task task;
    struct status st = {0};
    bool is_found;

    assert_int_equal(
        store_queue_lease(fixture->db, soon(), "a", second, 60000, &task, &is_found, &st),
        STATUS_OK);

    assert_true(is_found);
    assert_string_equal(task.job_id, second);
}

static void test_a_lane_leaves_its_job_for_a_caller_with_less_at_work(void **state)
{
    struct fixture *fixture = *state;
    const char *open = fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 9});
    const char *other = fixture_job(fixture, &(struct job_plan){.principal = "b", .pages = 9});
    struct page_task task;
    struct status st = {0};
    bool is_found;

    fixture_lease(fixture, "another lane");
    assert_int_equal(
        store_queue_lease(fixture->db, soon(), "lane", open, 60000, &task, &is_found, &st),
        STATUS_OK);

    assert_string_equal(task.job_id, other);
}

/* What a lease looks at does not grow with what waits. */
static void test_every_waiting_caller_gets_a_turn(void **state)
{
    enum { CALLERS = 40 };
    struct fixture *fixture = *state;
    int turns[CALLERS] = {0};

    for (int i = 0; i < CALLERS; i++)
        fixture_job(fixture,
                    &(struct job_plan){.principal = arena_printf(fixture->arena, "caller %02d", i),
                                       .pages = 3});
    for (int i = 0; i < CALLERS; i++) {
        struct page_task task = fixture_lease(fixture, "lane");
        turns[atoi(fixture_get(fixture, task.job_id)->principal_key + strlen("caller "))]++;
    }

    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(turns[i], 1);
}

static void test_a_page_is_freed_at_the_first_death_and_kept_at_the_second(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};
    int32_t deaths;

    assert_int_equal(
        store_queue_count_death(fixture->db, soon(), task.lease_token, DEATHS_MAX, &deaths, &st),
        STATUS_OK);
    assert_int_equal(deaths, 1);
    task = fixture_lease(fixture, "b");
    assert_int_equal(task.worker_deaths, 1);
    assert_int_equal(
        store_queue_count_death(fixture->db, soon(), task.lease_token, DEATHS_MAX, &deaths, &st),
        STATUS_OK);
    assert_int_equal(deaths, 2);

    assert_true(fixture_has_no_page(fixture));
    assert_true(fixture_fail_page(fixture, &task, "WORKER_CRASHED"));
}

static void test_pages_of_a_cancelled_job_are_not_leased(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 3});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};

    assert_int_equal(store_job_cancel(fixture->db, soon(), id, &st), STATUS_OK);

    assert_true(fixture_has_no_page(fixture));
    assert_false(fixture_end_page(fixture, &task));
}

static void test_the_depth_counts_waiting_and_leased_pages(void **state)
{
    struct fixture *fixture = *state;
    struct queue_depth depths[QUEUE_TIERS_MAX];
    struct status st = {0};
    fixture_job(fixture, &(struct job_plan){.pages = 5});
    fixture_lease(fixture, "a");
    fixture_lease(fixture, "b");

    assert_int_equal(store_queue_depth(fixture->db, soon(), depths, &st), STATUS_OK);

    assert_int_equal(depths[0].tier, JOB_TIER_CPU);
    assert_int_equal(depths[0].pages_waiting, 3);
    assert_int_equal(depths[0].pages_leased, 2);
    assert_true(depths[0].oldest_waiting_time > 0);
    assert_int_equal(depths[1].pages_waiting, 0);
    assert_int_equal(depths[1].oldest_waiting_time, 0);
}

static void test_the_load_counts_pages_and_callers_by_rank(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};
    struct queue_load load;
    int64_t pages;
    fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 5});
    fixture_job(fixture, &(struct job_plan){.principal = "b", .pages = 2});
    fixture_job(fixture, &(struct job_plan){.principal = "c", .pages = 3, .priority = 2});
    fixture_lease(fixture, "1"); /* the urgent ones */
    fixture_lease(fixture, "2");
    fixture_lease(fixture, "1");

    assert_int_equal(store_queue_load(fixture->db, soon(), 100, &load, &st), STATUS_OK);

    assert_int_equal(load.pages, 10);
    assert_int_equal(load.lanes, 2);
    assert_int_equal(load.line_count, 2);
    assert_int_equal(load.lines[0].rank, -2);
    assert_int_equal(load.lines[0].pages, 0);
    assert_int_equal(load.lines[0].leased, 3);
    assert_int_equal(load.lines[1].rank, 0);
    assert_int_equal(load.lines[1].pages, 7);
    assert_int_equal(load.lines[1].callers, 2);
    assert_int_equal(load.lines[1].leased, 0);
    assert_int_equal(store_queue_count_waiting(fixture->db, soon(), 0, "a", 100, &pages, &st),
                     STATUS_OK);
    assert_int_equal(pages, 5);
    assert_int_equal(store_queue_count_waiting(fixture->db, soon(), 0, "a", 3, &pages, &st),
                     STATUS_OK);
    assert_int_equal(pages, 3);
}

static void test_the_load_is_counted_up_to_a_limit(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};
    struct queue_load load;
    fixture_job(fixture, &(struct job_plan){.pages = 5});

    assert_int_equal(store_queue_load(fixture->db, soon(), 3, &load, &st), STATUS_OK);

    assert_int_equal(load.pages, 3);
}

/* The connection breaks after the commit and before its answer: the transaction is made again. */
static void test_a_page_that_is_stored_again_keeps_its_pictures(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};
    bool is_kept = false;
    fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct page_task task = fixture_lease(fixture, "a");
    struct page_result result = {
        .job_id = task.job_id,
        .page_index = task.page_index,
        .lease_token = task.lease_token,
        .content = STR("content"),
        .warnings = "",
        .engine_name = "fake",
        .engine_version = "1",
        .engine_models = "a",
        .pictures = STR("pictures"),
        .pictures_key = "rendition/j/0/a",
    };

    assert_int_equal(store_page_end(fixture->db, soon(), &result, &is_kept, &st), STATUS_OK);
    assert_true(is_kept);
    assert_int_equal(store_page_end(fixture->db, soon(), &result, &is_kept, &st), STATUS_OK);
    assert_true(is_kept);
    result.pictures_key = "rendition/j/0/b"; /* those of a lane that lost its lease */
    assert_int_equal(store_page_end(fixture->db, soon(), &result, &is_kept, &st), STATUS_OK);
    assert_false(is_kept);
    assert_int_equal(fixture_integer(fixture, "SELECT pages_done FROM job", NULL), 1);
}

/* --- many lanes at once --- */

enum { LANES = 8, JOBS = 4, PAGES = 50 };

struct lane_thread {
    struct db *db;
    char holder[8];
    int leased;
    int failures;
};

static void *lease_all(void *arg)
{
    struct lane_thread *lane = arg;

    for (;;) {
        struct page_task task;
        struct status st = {0};
        bool is_found = false;
        bool is_kept = false;
        if (store_queue_lease(lane->db, soon(), lane->holder, NULL, 60000, &task, &is_found, &st) !=
            STATUS_OK) {
            lane->failures++;
            return NULL;
        }
        if (!is_found)
            return NULL;
        const struct page_result result = {
            .job_id = task.job_id,
            .page_index = task.page_index,
            .lease_token = task.lease_token,
            .content = STR("x"),
            .warnings = "",
            .engine_name = "",
            .engine_version = "",
            .engine_models = "",
        };
        if (store_page_end(lane->db, soon(), &result, &is_kept, &st) != STATUS_OK || !is_kept)
            lane->failures++;
        lane->leased++;
    }
}

static void test_lanes_at_once_end_each_page_exactly_once(void **state)
{
    struct fixture *fixture = *state;
    struct lane_thread lanes[LANES] = {0};
    pthread_t threads[LANES];
    int leased = 0;
    static const char *const principals[JOBS] = {"a", "b", "c", "d"};

    for (int i = 0; i < JOBS; i++)
        fixture_job(fixture, &(struct job_plan){.principal = principals[i], .pages = PAGES});
    for (int i = 0; i < LANES; i++) {
        lanes[i].db = fixture->db;
        lanes[i].holder[0] = (char)('0' + i);
        assert_int_equal(pthread_create(&threads[i], NULL, lease_all, &lanes[i]), 0);
    }
    for (int i = 0; i < LANES; i++) {
        pthread_join(threads[i], NULL);
        leased += lanes[i].leased;
        assert_int_equal(lanes[i].failures, 0);
    }

    assert_int_equal(leased, JOBS * PAGES);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page", NULL), JOBS * PAGES);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM job WHERE state = 'settling'", NULL), JOBS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pages_are_leased_in_order_and_once, fixture_empty),
        cmocka_unit_test_setup(test_an_expired_lease_is_given_to_another, fixture_empty),
        cmocka_unit_test_setup(test_an_expired_lease_ends_its_page_unless_it_was_freed,
                               fixture_empty),
        cmocka_unit_test_setup(test_renewing_tells_which_leases_stand, fixture_empty),
        cmocka_unit_test_setup(test_a_page_given_back_is_as_if_it_had_not_been_leased,
                               fixture_empty),
        cmocka_unit_test_setup(test_higher_priority_is_served_first, fixture_empty),
        cmocka_unit_test_setup(test_callers_take_turns, fixture_empty),
        cmocka_unit_test_setup(test_one_lane_serves_who_waited_longest, fixture_empty),
        cmocka_unit_test_setup(test_a_lane_stays_with_its_job, fixture_empty),
        cmocka_unit_test_setup(test_a_lane_leaves_its_job_for_a_caller_with_less_at_work,
                               fixture_empty),
        cmocka_unit_test_setup(test_every_waiting_caller_gets_a_turn, fixture_empty),
        cmocka_unit_test_setup(test_a_page_is_freed_at_the_first_death_and_kept_at_the_second,
                               fixture_empty),
        cmocka_unit_test_setup(test_pages_of_a_cancelled_job_are_not_leased, fixture_empty),
        cmocka_unit_test_setup(test_the_depth_counts_waiting_and_leased_pages, fixture_empty),
        cmocka_unit_test_setup(test_the_load_counts_pages_and_callers_by_rank, fixture_empty),
        cmocka_unit_test_setup(test_the_load_is_counted_up_to_a_limit, fixture_empty),
        cmocka_unit_test_setup(test_a_page_that_is_stored_again_keeps_its_pictures, fixture_empty),
        cmocka_unit_test_setup(test_lanes_at_once_end_each_page_exactly_once, fixture_empty),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
