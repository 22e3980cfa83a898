#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/ocr/store_job.h"
#include "services/ocr/store_missing.h"
#include "services/ocr/store_settle.h"
#include "services/ocr/tests/store_fixture.h"

#define UNKNOWN_ID "0123456789abcdef0123456789abcdef"

static const char *finished_job(struct fixture *fixture)
{
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};

    assert_true(fixture_end_page(fixture, &task));
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 1, 1, &st), STATUS_OK);
    return id;
}

static size_t find(struct fixture *fixture, const char *const *ids, size_t count,
                   char ***ret_missing)
{
    struct status st = {0};
    size_t missing_count = 0;

    assert_int_equal(store_missing_find(fixture->db, soon(), (char *const *)ids, count,
                                        fixture->arena, ret_missing, &missing_count, &st),
                     STATUS_OK);
    return missing_count;
}

static void test_jobs_at_work_and_finished_ones_are_there(void **state)
{
    struct fixture *fixture = *state;
    const char *finished = finished_job(fixture);
    const char *const ids[] = {finished, fixture_job(fixture, &(struct job_plan){.pages = 1})};
    char **missing;

    /* The retention of a job that is at work has not begun. */
    fixture_execute(fixture,
                    "UPDATE job SET expire_time = now() - interval '1 hour' "
                    "WHERE finish_time IS NULL",
                    NULL);

    assert_int_equal(find(fixture, ids, 2, &missing), 0);
}

static void test_no_job_is_missing_of_none(void **state)
{
    char **missing;

    assert_int_equal(find(*state, NULL, 0, &missing), 0);
}

static void test_unknown_jobs_are_told_in_the_order_asked(void **state)
{
    struct fixture *fixture = *state;
    const char *const ids[] = {"ffffffffffffffffffffffffffffffff", finished_job(fixture),
                               UNKNOWN_ID};
    char **missing;

    assert_int_equal(find(fixture, ids, 3, &missing), 2);
    assert_string_equal(missing[0], ids[0]);
    assert_string_equal(missing[1], ids[2]);
}

static void test_a_deleted_job_is_missing_before_it_is_settled(void **state)
{
    struct fixture *fixture = *state;
    const char *const ids[] = {fixture_job(fixture, &(struct job_plan){.pages = 1})};
    struct status st = {0};
    char **missing;

    assert_int_equal(store_job_delete(fixture->db, soon(), ids[0], &st), STATUS_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM job", NULL), 1);

    assert_int_equal(find(fixture, ids, 1, &missing), 1);
    assert_string_equal(missing[0], ids[0]);
}

static void test_an_expired_job_is_missing_before_and_after_it_is_wiped(void **state)
{
    struct fixture *fixture = *state;
    const char *const ids[] = {finished_job(fixture)};
    struct status st = {0};
    const char **wiped;
    size_t wiped_count;
    char **missing;

    fixture_execute(fixture, "UPDATE job SET expire_time = now() - interval '1 second'", NULL);
    assert_int_equal(find(fixture, ids, 1, &missing), 1);
    assert_int_equal(
        store_sweep(fixture->db, soon(), 100, fixture->arena, &wiped, &wiped_count, &st),
        STATUS_OK);
    assert_int_equal(wiped_count, 1);

    assert_int_equal(find(fixture, ids, 1, &missing), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_jobs_at_work_and_finished_ones_are_there, fixture_empty),
        cmocka_unit_test_setup(test_no_job_is_missing_of_none, fixture_empty),
        cmocka_unit_test_setup(test_unknown_jobs_are_told_in_the_order_asked, fixture_empty),
        cmocka_unit_test_setup(test_a_deleted_job_is_missing_before_it_is_settled, fixture_empty),
        cmocka_unit_test_setup(test_an_expired_job_is_missing_before_and_after_it_is_wiped,
                               fixture_empty),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
