#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/metrics.h"
#include "services/ocr/queue_forecast.h"
#include "services/ocr/tests/store_fixture.h"

/* Of the one lane that reads, a page takes a second. */
static struct metrics metrics;

static struct queue_forecast *new_forecast(struct fixture *fixture, int64_t pages_max,
                                           int64_t wait_max_ms)
{
    struct queue_forecast *forecast;
    struct status st = {0};

    metrics = (struct metrics){0};
    assert_int_equal(queue_forecast_new(
                         &(struct queue_forecast_options){
                             .db = fixture->db,
                             .metrics = &metrics,
                             .lanes = 1,
                             .pages_max = pages_max,
                             .wait_max_ms = wait_max_ms,
                         },
                         &forecast, &st),
                     STATUS_OK);
    return forecast;
}

static void read_page(void)
{
    histogram_add(&metrics.page_duration, NANOSECONDS_PER_SECOND);
}

static status_code admit(struct queue_forecast *forecast, const char *caller, int32_t priority,
                         struct status *st)
{
    return queue_forecast_admit(forecast, caller, priority, soon(), st);
}

static void assert_admitted(struct queue_forecast *forecast, const char *caller, int32_t priority)
{
    struct status st = {0};

    assert_int_equal(admit(forecast, caller, priority, &st), STATUS_OK);
}

/* Returns the time that the caller is told to wait. */
static int64_t assert_refused(struct queue_forecast *forecast, const char *caller, int32_t priority)
{
    struct status st = {0};

    assert_int_equal(admit(forecast, caller, priority, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "QUEUE_FULL");
    return st.retry_after_ms;
}

static void test_callers_take_turns_and_more_urgent_ones_go_first(void **state)
{
    const struct queue_load load = {
        .line_count = 3,
        .lines = {{-3, 10, 2}, {-1, 1000, 4}, {0, 500, 500}},
    };

    assert_int_equal(queue_forecast_ahead(&load, -4, 0), 0);
    assert_int_equal(queue_forecast_ahead(&load, -3, 0), 2);
    assert_int_equal(queue_forecast_ahead(&load, -3, 5), 12); /* by then others have come back */
    assert_int_equal(queue_forecast_ahead(&load, -2, 0), 10); /* nobody of its own rank */
    assert_int_equal(queue_forecast_ahead(&load, -1, 0), 10 + 4);
    assert_int_equal(queue_forecast_ahead(&load, -1, 9), 10 + 40);
    assert_int_equal(queue_forecast_ahead(&load, 0, 0), 1010 + 500);
}

static void test_callers_that_waited_lately_count(void **state)
{
    const struct queue_load before = {
        .line_count = 2,
        .lines = {{-3, .pages = 9, .callers = 9}, {0, .pages = 50, .callers = 20}},
    };
    struct queue_load load = {.line_count = 1, .lines = {{0, .pages = 5, .callers = 5}}};

    queue_forecast_remember_callers(&load, &before);
    assert_int_equal(load.lines[0].callers, 18);
    load.lines[0].callers = 30;
    queue_forecast_remember_callers(&load, &before);
    assert_int_equal(load.lines[0].callers, 30);
}

static void test_lanes_that_more_urgent_pages_have_do_not_count(void **state)
{
    const struct queue_load busy = {
        .line_count = 2,
        .lines = {{-3, .leased = 3}, {0, .pages = 9, .callers = 9, .leased = 1}},
    };
    const struct queue_load idle = {.line_count = 1, .lines = {{-3, .leased = 1}}};
    struct queue_shares shares = {0};

    assert_true(queue_forecast_share_left(&shares, 0) == 1);
    for (int i = 0; i < 200; i++)
        queue_forecast_learn_shares(&shares, &busy);

    assert_true(queue_forecast_share_left(&shares, -3) == 1);
    assert_in_range((int)(1000 * queue_forecast_share_left(&shares, 0)), 249, 251);
    assert_in_range((int)(1000 * queue_forecast_share_left(&shares, 1)), 49, 51);
    for (int i = 0; i < 100; i++)
        queue_forecast_learn_shares(&shares, &idle);
    assert_in_range((int)(1000 * queue_forecast_share_left(&shares, 0)), 999, 1000);
}

static void test_a_submission_that_would_wait_too_long_is_refused(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    for (char caller[] = "a"; caller[0] <= 't'; caller[0]++) /* twenty callers with a page each */
        fixture_job(fixture, &(struct job_plan){.principal = caller, .pages = 1});
    read_page();

    int64_t retry_ms = assert_refused(forecast, "z", 0);

    assert_int_equal(retry_ms, 10000); /* twenty seconds of work, ten of which it may wait */
}

static void test_a_more_urgent_submission_is_taken(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    for (char caller[] = "a"; caller[0] <= 't'; caller[0]++)
        fixture_job(fixture, &(struct job_plan){.principal = caller, .pages = 1});
    read_page();

    assert_admitted(forecast, "z", 1);
}

static void test_a_large_document_delays_its_caller_alone(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    fixture_job(fixture, &(struct job_plan){.principal = "large", .pages = 100});
    read_page();

    assert_refused(forecast, "large", 0);
    assert_admitted(forecast, "other", 0);
}

static void test_lanes_of_other_processes_count(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    for (char caller[] = "a"; caller[0] <= 't'; caller[0]++)
        fixture_job(fixture, &(struct job_plan){.principal = caller, .pages = 1});
    fixture_lease(fixture, "p/0");
    fixture_lease(fixture, "q/0");
    read_page();

    assert_admitted(forecast, "z", 0); /* eighteen pages for two lanes */
}

static void test_until_the_pace_is_known_nobody_is_refused_for_it(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 500});

    assert_admitted(forecast, "a", 0);
}

static void test_without_a_limit_of_time_the_number_of_pages_counts(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast = new_forecast(fixture, 100, 0);
    fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 99});
    read_page();
    assert_admitted(forecast, "a", 0);

    _cleanup_(queue_forecast_freep) struct queue_forecast *later = new_forecast(fixture, 99, 0);

    assert_int_equal(assert_refused(later, "b", 5), 60000);
}

static void test_what_is_under_way_counts(void **state)
{
    struct fixture *fixture = *state;
    _cleanup_(queue_forecast_freep) struct queue_forecast *forecast =
        new_forecast(fixture, 1000, 10000);
    fixture_job(fixture, &(struct job_plan){.principal = "a", .pages = 1});
    read_page();
    int admitted = 0;
    struct status st = {0};

    while (admitted < 100 && admit(forecast, "z", 0, &st) == STATUS_OK)
        admitted++;

    assert_in_range(admitted, 9, 10);
    queue_forecast_leave(forecast); /* it failed, or its page is in the queue at the next look */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callers_take_turns_and_more_urgent_ones_go_first),
        cmocka_unit_test(test_callers_that_waited_lately_count),
        cmocka_unit_test(test_lanes_that_more_urgent_pages_have_do_not_count),
        cmocka_unit_test_setup(test_a_submission_that_would_wait_too_long_is_refused,
                               fixture_empty),
        cmocka_unit_test_setup(test_a_more_urgent_submission_is_taken, fixture_empty),
        cmocka_unit_test_setup(test_a_large_document_delays_its_caller_alone, fixture_empty),
        cmocka_unit_test_setup(test_lanes_of_other_processes_count, fixture_empty),
        cmocka_unit_test_setup(test_until_the_pace_is_known_nobody_is_refused_for_it,
                               fixture_empty),
        cmocka_unit_test_setup(test_without_a_limit_of_time_the_number_of_pages_counts,
                               fixture_empty),
        cmocka_unit_test_setup(test_what_is_under_way_counts, fixture_empty),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
