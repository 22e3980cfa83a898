#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_settle.h"
#include "services/ocr/store_submission.h"
#include "services/ocr/tests/store_fixture.h"

static void end_all_pages(struct fixture *fixture)
{
    while (fixture_integer(fixture, "SELECT count(*) FROM page_task WHERE lease_token IS NULL",
                           NULL) > 0) {
        struct page_task task = fixture_lease(fixture, "a");
        assert_true(fixture_end_page(fixture, &task));
    }
}

static void finish(struct fixture *fixture, const char *job_id)
{
    struct status st = {0};

    assert_int_equal(store_settle_finish(fixture->db, soon(), job_id, 1, 1, &st), STATUS_OK);
}

/* --- pages and states --- */

static void test_a_job_goes_from_pending_to_done(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct status st = {0};

    assert_int_equal(fixture_get(fixture, id)->state, JOB_PENDING);
    struct page_task first = fixture_lease(fixture, "a");
    assert_true(first.is_first);
    assert_int_equal(store_queue_mark_processing(fixture->db, soon(), id, &st), STATUS_OK);
    assert_int_equal(fixture_get(fixture, id)->state, JOB_PROCESSING);
    assert_true(fixture_end_page(fixture, &first));
    assert_int_equal(fixture_get(fixture, id)->pages_done, 1);
    end_all_pages(fixture);
    assert_int_equal(fixture_get(fixture, id)->state, JOB_SETTLING);
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 2, 2, &st), STATUS_OK);

    const struct job *job = fixture_get(fixture, id);
    assert_int_equal(job->state, JOB_DONE);
    assert_int_equal(job->pages_done, 2);
    assert_int_equal(job->usage_credits, 2);
    assert_true(job->mean_confidence > 0.89 && job->mean_confidence < 0.91);
    assert_string_equal(job->engine_name, "fake");
    assert_true(job->finish_time > 0);
}

static void test_the_same_page_ends_once(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct page_task task = fixture_lease(fixture, "a");

    assert_true(fixture_end_page(fixture, &task));
    assert_false(fixture_end_page(fixture, &task));

    assert_int_equal(fixture_get(fixture, id)->pages_done, 1);
}

static void test_a_job_without_a_read_page_is_failed(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct page_task task = fixture_lease(fixture, "a");

    assert_true(fixture_fail_page(fixture, &task, "PAGE_CORRUPT"));
    finish(fixture, id);

    const struct job *job = fixture_get(fixture, id);
    assert_int_equal(job->state, JOB_FAILED);
    assert_string_equal(job->error_reason, "PAGE_CORRUPT");
    assert_int_equal(job->failed_page_count, 1);
    assert_int_equal(job->failed_page_indexes[0], 0);
}

static status_code add_index(int32_t page_index, struct str content, void *arg, struct status *st)
{
    int32_t *sum = arg;

    *sum = *sum * 10 + page_index;
    return STATUS_OK;
}

static void test_pages_are_handed_out_in_order_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 4});
    struct page_task tasks[4];
    struct status st = {0};
    int32_t digits = 0;
    int32_t next;
    int32_t count;

    for (int i = 0; i < 4; i++)
        tasks[i] = fixture_lease(fixture, "a");
    for (int i = 3; i >= 0; i--)
        assert_true(fixture_end_page(fixture, &tasks[i]));
    assert_int_equal(
        store_page_each(fixture->db, soon(), id, 1, 2, add_index, &digits, &next, &count, &st),
        STATUS_OK);

    assert_int_equal(digits, 12);
    assert_int_equal(count, 2);
    assert_int_equal(next, 3);
}

static void test_pages_that_ended_since_a_revision_are_told(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 3});
    struct page_task first = fixture_lease(fixture, "a");
    struct page_task second = fixture_lease(fixture, "b");
    struct status st = {0};
    struct page_end *ends;
    size_t count;

    assert_true(fixture_end_page(fixture, &second));
    int64_t seen = fixture_get(fixture, id)->revision;
    assert_true(fixture_end_page(fixture, &first));
    int64_t now = fixture_get(fixture, id)->revision;
    assert_int_equal(
        store_page_ended(fixture->db, soon(), id, seen, now, fixture->arena, &ends, &count, &st),
        STATUS_OK);

    assert_true(now > seen);
    assert_int_equal(count, 1);
    assert_int_equal(ends[0].page_index, first.page_index);
    assert_int_equal(ends[0].revision, now);
    assert_null(ends[0].error_reason);

    /* All of them: in the order in which they ended, not in the file's. */
    assert_int_equal(
        store_page_ended(fixture->db, soon(), id, 0, now, fixture->arena, &ends, &count, &st),
        STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(ends[0].page_index, second.page_index);
    assert_int_equal(ends[1].page_index, first.page_index);
}

/* --- cancelling, deleting --- */

static void test_cancelling_keeps_what_was_read(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 3});
    struct page_task task = fixture_lease(fixture, "a");
    struct status st = {0};

    assert_true(fixture_end_page(fixture, &task));
    assert_int_equal(store_job_cancel(fixture->db, soon(), id, &st), STATUS_OK);

    assert_true(job_has_ended(fixture_get(fixture, id)));
    finish(fixture, id);
    const struct job *job = fixture_get(fixture, id);
    assert_int_equal(job->state, JOB_CANCELLED);
    assert_int_equal(job->usage_pages, 1);
}

static void test_cancelling_a_job_that_has_ended_does_nothing(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct status st = {0};

    end_all_pages(fixture);
    finish(fixture, id);
    int64_t revision = fixture_get(fixture, id)->revision;
    assert_int_equal(store_job_cancel(fixture->db, soon(), id, &st), STATUS_OK);

    assert_int_equal(fixture_get(fixture, id)->state, JOB_DONE);
    assert_int_equal(fixture_get(fixture, id)->revision, revision);
}

static void test_a_deleted_job_is_gone_and_still_settled(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2});
    struct page_task task = fixture_lease(fixture, "a");
    struct settlement settlement;
    const struct job *job;
    struct status st = {0};
    bool is_found;

    assert_true(fixture_end_page(fixture, &task));
    assert_int_equal(store_job_delete(fixture->db, soon(), id, &st), STATUS_OK);

    assert_int_equal(store_job_get(fixture->db, soon(), id, fixture->arena, &job, &st),
                     STATUS_NOT_FOUND);
    assert_int_equal(store_settle_claim(fixture->db, soon(), NULL, 1000, fixture->arena,
                                        &settlement, &is_found, &st),
                     STATUS_OK);
    assert_true(is_found);
    assert_int_equal(settlement.pages_read, 1);
    finish(fixture, id);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM job", NULL), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page", NULL), 0);
}

static void test_deleting_a_job_that_has_ended_removes_it_at_once(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct status st = {0};

    end_all_pages(fixture);
    finish(fixture, id);
    assert_int_equal(store_job_delete(fixture->db, soon(), id, &st), STATUS_OK);

    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM job", NULL), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page", NULL), 0);
}

/* --- settling --- */

static void test_a_settling_job_is_claimed_by_one(void **state)
{
    struct fixture *fixture = *state;
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct settlement settlement;
    struct status st = {0};
    bool is_found;

    end_all_pages(fixture);
    assert_int_equal(store_settle_claim(fixture->db, soon(), NULL, 60000, fixture->arena,
                                        &settlement, &is_found, &st),
                     STATUS_OK);
    assert_true(is_found);
    assert_int_equal(settlement.attempts, 1);
    assert_int_equal(store_settle_claim(fixture->db, soon(), NULL, 60000, fixture->arena,
                                        &settlement, &is_found, &st),
                     STATUS_OK);
    assert_false(is_found);
}

static void test_settling_twice_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct status st = {0};

    end_all_pages(fixture);
    finish(fixture, id);
    int64_t revision = fixture_get(fixture, id)->revision;
    assert_int_equal(store_settle_finish(fixture->db, soon(), id, 9, 9, &st), STATUS_OK);

    assert_int_equal(fixture_get(fixture, id)->usage_pages, 1);
    assert_int_equal(fixture_get(fixture, id)->revision, revision);
}

/* --- expiry --- */

static void test_an_expired_job_is_wiped_and_remembered(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct status st = {0};
    const char **wiped;
    size_t count;

    end_all_pages(fixture);
    finish(fixture, id);
    assert_int_equal(store_sweep(fixture->db, soon(), 100, fixture->arena, &wiped, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 0);
    fixture_execute(fixture, "UPDATE job SET expire_time = now() - interval '1 second'", NULL);
    assert_int_equal(store_sweep(fixture->db, soon(), 100, fixture->arena, &wiped, &count, &st),
                     STATUS_OK);

    assert_int_equal(count, 1);
    assert_string_equal(wiped[0], id);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page", NULL), 0);
    const struct job *job = fixture_get(fixture, id);
    assert_true(job->is_purged);
    assert_string_equal(job->file_name, "");
    assert_int_equal(job_check_visible(job, "alice", time_wall(), &st), STATUS_NOT_FOUND);
    assert_string_equal(st.reason, "JOB_EXPIRED");
}

static void test_an_expired_job_is_forgotten_in_the_end(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    struct status st = {0};
    const char **wiped;
    size_t count;

    end_all_pages(fixture);
    finish(fixture, id);
    fixture_execute(fixture, "UPDATE job SET expire_time = now() - interval '31 days'", NULL);
    assert_int_equal(store_sweep(fixture->db, soon(), 100, fixture->arena, &wiped, &count, &st),
                     STATUS_OK);

    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM job", NULL), 0);
}

/* --- lists --- */

static void test_jobs_are_listed_newest_first_to_their_account(void **state)
{
    struct fixture *fixture = *state;
    const char *first = fixture_job(fixture, &(struct job_plan){.principal = "a"});
    const char *second = fixture_job(fixture, &(struct job_plan){.principal = "a"});
    fixture_job(fixture, &(struct job_plan){.principal = "b"});
    struct status st = {0};
    const struct job **jobs;
    size_t count;

    assert_int_equal(store_job_list(fixture->db, soon(), "a", STORE_STATE_ANY, INT64_MAX, 10,
                                    fixture->arena, &jobs, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(jobs[0]->id, second);
    assert_string_equal(jobs[1]->id, first);

    assert_int_equal(store_job_list(fixture->db, soon(), "a", STORE_STATE_ANY, jobs[0]->number, 10,
                                    fixture->arena, &jobs, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(store_job_list(fixture->db, soon(), "a", JOB_DONE, INT64_MAX, 10,
                                    fixture->arena, &jobs, &count, &st),
                     STATUS_OK);
    assert_int_equal(count, 0);
}

static void test_jobs_at_work_are_counted(void **state)
{
    struct fixture *fixture = *state;
    const char *id = fixture_job(fixture, &(struct job_plan){.principal = "a"});
    fixture_job(fixture, &(struct job_plan){.principal = "a"});
    struct status st = {0};
    int64_t count;

    assert_int_equal(store_job_count_active(fixture->db, soon(), "a", &count, &st), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_job_cancel(fixture->db, soon(), id, &st), STATUS_OK);
    assert_int_equal(store_job_count_active(fixture->db, soon(), "a", &count, &st), STATUS_OK);
    assert_int_equal(count, 1);
}

/* --- request ids. API: B16 --- */

static struct submission claim(struct fixture *fixture, const char *request_id, const char *token)
{
    struct submission found;
    struct status st = {0};

    assert_int_equal(
        store_submission_claim(fixture->db, soon(), "alice", request_id, token, &found, &st),
        STATUS_OK);
    return found;
}

static void test_a_request_id_is_claimed_once(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};

    assert_int_equal(claim(fixture, "r", "first").state, SUBMISSION_CLAIMED);
    assert_int_equal(claim(fixture, "r", "second").state, SUBMISSION_BUSY);
    assert_int_equal(claim(fixture, "other", "third").state, SUBMISSION_CLAIMED);
    assert_int_equal(store_submission_release(fixture->db, soon(), "alice", "r", "first", &st),
                     STATUS_OK);
    assert_int_equal(claim(fixture, "r", "second").state, SUBMISSION_CLAIMED);
}

static void test_a_claim_that_ran_out_is_taken_over(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(claim(fixture, "r", "first").state, SUBMISSION_CLAIMED);
    fixture_execute(fixture,
                    "UPDATE submission SET claim_expire_time = now() - interval '1 second'", NULL);

    assert_int_equal(claim(fixture, "r", "second").state, SUBMISSION_CLAIMED);
}

static void test_a_request_id_leads_to_its_job(void **state)
{
    struct fixture *fixture = *state;
    static const int32_t indexes[] = {0};
    unsigned char fingerprint[UPLOAD_HASH_SIZE] = {7};
    struct status st = {0};
    struct job job = *fixture_get(fixture, fixture_job(fixture, &(struct job_plan){0}));
    struct store_new_job new_job = {
        .job = &job,
        .page_indexes = indexes,
        .reservation_extend_time = time_wall(),
        .request_id = "r",
        .claim_token = "first",
        .fingerprint = {(const char *)fingerprint, sizeof(fingerprint)},
    };

    job.id = "0123456789abcdef0123456789abcdef";
    assert_int_equal(claim(fixture, "r", "first").state, SUBMISSION_CLAIMED);
    assert_int_equal(store_job_insert(fixture->db, soon(), &new_job, &st), STATUS_OK);

    struct submission found = claim(fixture, "r", "second");
    assert_int_equal(found.state, SUBMISSION_MADE);
    assert_string_equal(found.job_id, job.id);
    assert_memory_equal(found.fingerprint, fingerprint, sizeof(fingerprint));
}

/* A claim that another call took over while the file was read: nothing is kept. */
static void test_a_job_is_not_made_without_its_claim(void **state)
{
    struct fixture *fixture = *state;
    static const int32_t indexes[] = {0};
    static const char fingerprint[UPLOAD_HASH_SIZE];
    struct status st = {0};
    struct job job = *fixture_get(fixture, fixture_job(fixture, &(struct job_plan){0}));
    const struct store_new_job new_job = {
        .job = &job,
        .page_indexes = indexes,
        .reservation_extend_time = time_wall(),
        .request_id = "r",
        .claim_token = "lost",
        .fingerprint = {fingerprint, sizeof(fingerprint)},
    };

    job.id = "0123456789abcdef0123456789abcdef";
    assert_int_equal(claim(fixture, "r", "other").state, SUBMISSION_CLAIMED);
    assert_int_equal(store_job_insert(fixture->db, soon(), &new_job, &st), STATUS_ABORTED);

    assert_string_equal(st.reason, "IDEMPOTENCY_IN_PROGRESS");
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM job WHERE id = $1", job.id), 0);
}

static void test_inserting_a_job_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    static const int32_t indexes[] = {0};
    struct status st = {0};
    const struct job *job = fixture_get(fixture, fixture_job(fixture, &(struct job_plan){0}));
    const struct store_new_job new_job = {
        .job = job, .page_indexes = indexes, .reservation_extend_time = time_wall()};

    assert_int_equal(store_job_insert(fixture->db, soon(), &new_job, &st), STATUS_OK);

    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page_task", NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_job_goes_from_pending_to_done, fixture_empty),
        cmocka_unit_test_setup(test_the_same_page_ends_once, fixture_empty),
        cmocka_unit_test_setup(test_a_job_without_a_read_page_is_failed, fixture_empty),
        cmocka_unit_test_setup(test_pages_are_handed_out_in_order_of_the_file, fixture_empty),
        cmocka_unit_test_setup(test_pages_that_ended_since_a_revision_are_told, fixture_empty),
        cmocka_unit_test_setup(test_cancelling_keeps_what_was_read, fixture_empty),
        cmocka_unit_test_setup(test_cancelling_a_job_that_has_ended_does_nothing, fixture_empty),
        cmocka_unit_test_setup(test_a_deleted_job_is_gone_and_still_settled, fixture_empty),
        cmocka_unit_test_setup(test_deleting_a_job_that_has_ended_removes_it_at_once,
                               fixture_empty),
        cmocka_unit_test_setup(test_a_settling_job_is_claimed_by_one, fixture_empty),
        cmocka_unit_test_setup(test_settling_twice_changes_nothing, fixture_empty),
        cmocka_unit_test_setup(test_an_expired_job_is_wiped_and_remembered, fixture_empty),
        cmocka_unit_test_setup(test_an_expired_job_is_forgotten_in_the_end, fixture_empty),
        cmocka_unit_test_setup(test_jobs_are_listed_newest_first_to_their_account, fixture_empty),
        cmocka_unit_test_setup(test_jobs_at_work_are_counted, fixture_empty),
        cmocka_unit_test_setup(test_a_request_id_is_claimed_once, fixture_empty),
        cmocka_unit_test_setup(test_a_claim_that_ran_out_is_taken_over, fixture_empty),
        cmocka_unit_test_setup(test_a_request_id_leads_to_its_job, fixture_empty),
        cmocka_unit_test_setup(test_a_job_is_not_made_without_its_claim, fixture_empty),
        cmocka_unit_test_setup(test_inserting_a_job_again_changes_nothing, fixture_empty),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
