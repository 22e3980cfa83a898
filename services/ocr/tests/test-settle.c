/* Settling and housekeeping over a real PostgreSQL, with a billing that does what it is told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/mesh/billing_client.h"
#include "services/ocr/metrics.h"
#include "services/ocr/settle.h"
#include "services/ocr/store_doubt.h"
#include "services/ocr/store_job.h"
#include "services/ocr/sweep.h"
#include "services/ocr/tests/fake_billing.h"
#include "services/ocr/tests/store_fixture.h"
#include "services/ocr/upload_files.h"

struct stand {
    struct fake_billing billing;
    struct billing_client *client;
    struct blob_store *blobs;
    struct upload_files *files;
    struct metrics metrics;
    struct settler_options options;
};

static void open_stand(struct stand *stand, struct fixture *fixture)
{
    char target[64];
    struct status st = {0};

    *stand = (struct stand){0};
    fake_billing_start(&stand->billing, target);
    assert_int_equal(billing_client_new(fake_billing_channel(target), "ocr", &stand->client, &st),
                     STATUS_OK);
    assert_int_equal(blob_store_open_postgres(fixture->db, &stand->blobs, &st), STATUS_OK);
    stand->files = upload_files_new(stand->blobs, "/tmp");
    assert_non_null(stand->files);
    stand->options = (struct settler_options){
        .db = fixture->db,
        .blobs = stand->blobs,
        .billing = stand->client,
        .files = stand->files,
        .metrics = &stand->metrics,
    };
}

static void close_stand(struct stand *stand)
{
    upload_files_free(stand->files);
    blob_store_close(stand->blobs);
    billing_client_free(stand->client);
    fake_billing_stop(&stand->billing);
}

static int64_t settle(struct stand *stand)
{
    struct status st = {0};
    int64_t settled = -1;

    if (settle_due(&stand->options, &settled, &st) != STATUS_OK)
        fail_msg("not settled: %s", st.message);
    return settled;
}

/* Ends all pages of the only job; the first `failed` of them as failed. */
static void end_pages(struct fixture *fixture, int pages, int failed)
{
    for (int i = 0; i < pages; i++) {
        struct page_task task = fixture_lease(fixture, "a");
        if (i < failed)
            assert_true(fixture_fail_page(fixture, &task, "PAGE_CORRUPT"));
        else
            assert_true(fixture_end_page(fixture, &task));
    }
}

static void test_a_job_is_charged_for_the_pages_that_were_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 5, .file = "pages 5"});
    end_pages(fixture, 5, 2);
    assert_int_equal(settle(&stand), 1);
    assert_int_equal(settle(&stand), 0);
    close_stand(&stand);

    const struct job *job = fixture_get(fixture, id);
    assert_int_equal(job->state, JOB_DONE);
    assert_int_equal(job->usage_pages, 3);
    assert_int_equal(job->usage_credits, 3);
    assert_int_equal(job->failed_page_count, 2);
    assert_int_equal(stand.billing.commits, 1);
    assert_int_equal(stand.billing.pages, 3);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM blob", NULL), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM blob_chunk", NULL), 0);
}

static void test_a_job_without_a_read_page_is_released(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2, .file = "pages 2"});
    end_pages(fixture, 2, 2);
    assert_int_equal(settle(&stand), 1);
    close_stand(&stand);

    assert_int_equal(fixture_get(fixture, id)->state, JOB_FAILED);
    assert_int_equal(fixture_get(fixture, id)->usage_pages, 0);
    assert_int_equal(stand.billing.commits, 0);
    assert_int_equal(stand.billing.releases, 1);
}

static void test_billing_that_is_away_is_asked_again(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1, .file = "pages 1"});
    end_pages(fixture, 1, 0);
    atomic_store(&stand.billing.failure_code, STATUS_INTERNAL);
    assert_int_equal(settle(&stand), 0);
    assert_int_equal(fixture_get(fixture, id)->state, JOB_SETTLING);
    assert_false(job_has_ended(fixture_get(fixture, id)));
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM job WHERE settle_time > now()", NULL), 1);
    atomic_store(&stand.billing.failure_code, STATUS_OK);
    fixture_execute(fixture, "UPDATE job SET settle_time = now()", NULL);
    assert_int_equal(settle(&stand), 1);
    close_stand(&stand);

    assert_int_equal(fixture_get(fixture, id)->state, JOB_DONE);
}

/* Else the first of many would be due again before the last was tried, without an end. */
static void test_billing_that_cannot_be_reached_is_asked_once_a_round(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    for (int i = 0; i < 3; i++) {
        fixture_job(fixture, &(struct job_plan){.pages = 1});
        end_pages(fixture, 1, 0);
    }
    atomic_store(&stand.billing.failure_code, STATUS_UNAVAILABLE);
    assert_int_equal(settle(&stand), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(settle_attempts) FROM job", NULL), 1);
    atomic_store(&stand.billing.failure_code, STATUS_OK);
    fixture_execute(fixture, "UPDATE job SET settle_time = now()", NULL);
    assert_int_equal(settle(&stand), 3);
    close_stand(&stand);
}

/* A process that was killed after it had charged, before it said so. */
static void test_settling_is_repeated_after_a_crash(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};
    int64_t charged;

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2, .file = "pages 2"});
    end_pages(fixture, 2, 0);
    const char *reservation = fixture_get(fixture, id)->reservation_id;
    assert_int_equal(billing_client_commit(stand.client, reservation, 2, &charged, &st), STATUS_OK);
    assert_int_equal(settle(&stand), 1);
    close_stand(&stand);

    assert_int_equal(stand.billing.commits, 2);
    assert_int_equal(fixture_get(fixture, id)->usage_credits, 2);
}

static void test_a_reservation_that_is_gone_does_not_hold_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    end_pages(fixture, 1, 0);
    stand.billing.failure_reason = "RESERVATION_NOT_FOUND";
    atomic_store(&stand.billing.failure_code, STATUS_NOT_FOUND);
    assert_int_equal(settle(&stand), 1);
    close_stand(&stand);

    assert_int_equal(fixture_get(fixture, id)->state, JOB_DONE);
    assert_int_equal(fixture_get(fixture, id)->usage_credits, 0);
}

static void test_a_cancelled_job_pays_for_what_was_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 5, .file = "pages 5"});
    end_pages(fixture, 2, 0);
    assert_int_equal(store_job_cancel(fixture->db, soon(), id, &st), STATUS_OK);
    assert_int_equal(settle(&stand), 1);
    close_stand(&stand);

    assert_int_equal(fixture_get(fixture, id)->state, JOB_CANCELLED);
    assert_int_equal(stand.billing.pages, 2);
}

static void test_the_thread_settles_when_it_is_woken(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct settler *settler;
    struct status st = {0};
    int64_t end = time_mono_after_ms(100000);

    open_stand(&stand, fixture);
    char id[JOB_ID_SIZE];
    memcpy(id, fixture_job(fixture, &(struct job_plan){.pages = 1}), sizeof(id));
    assert_int_equal(settler_start(&stand.options, &settler, &st), STATUS_OK);
    end_pages(fixture, 1, 0);
    settler_wake(settler);
    while (fixture_get(fixture, id)->state != JOB_DONE && time_mono() < end)
        arena_reset(fixture->arena);
    settler_stop(settler);
    close_stand(&stand);

    assert_int_equal(atomic_load(&stand.metrics.jobs_settled), 1);
}

/* --- housekeeping --- */

static void test_reservations_of_jobs_at_work_are_extended(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    fixture_job(fixture, &(struct job_plan){.pages = 1});
    assert_int_equal(sweep_reservations(&options, &st), STATUS_OK);
    assert_int_equal(stand.billing.extends, 0);
    fixture_execute(fixture, "UPDATE job SET reservation_extend_time = now()", NULL);
    assert_int_equal(sweep_reservations(&options, &st), STATUS_OK);
    assert_int_equal(sweep_reservations(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(stand.billing.extends, 1);
}

static void test_reservations_wait_while_billing_cannot_be_reached(void **state)
{
    static const char count_due[] =
        "SELECT count(*) FROM job WHERE reservation_extend_time <= now()";
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    for (int i = 0; i < 3; i++)
        fixture_job(fixture, &(struct job_plan){.pages = 1});
    fixture_execute(fixture, "UPDATE job SET reservation_extend_time = now()", NULL);
    atomic_store(&stand.billing.failure_code, STATUS_UNAVAILABLE);
    assert_int_equal(sweep_reservations(&options, &st), STATUS_OK);
    assert_int_equal(fixture_integer(fixture, count_due, NULL), 2);
    atomic_store(&stand.billing.failure_code, STATUS_OK);
    assert_int_equal(sweep_reservations(&options, &st), STATUS_OK);
    assert_int_equal(fixture_integer(fixture, count_due, NULL), 0);
    close_stand(&stand);

    assert_int_equal(stand.billing.extends, 2);
}

static int64_t count_doubts(struct fixture *fixture)
{
    return fixture_integer(fixture, "SELECT count(*) FROM reservation_doubt", NULL);
}

static void doubt(struct fixture *fixture, const char *job_id, bool is_due)
{
    struct status st = {0};

    assert_int_equal(store_doubt_insert(fixture->db, soon(), job_id, &st), STATUS_OK);
    if (is_due)
        fixture_execute(fixture, "UPDATE reservation_doubt SET due_time = now() WHERE job_id = $1",
                        job_id);
}

static void test_what_is_reserved_for_no_job_is_released_once_it_is_due(void **state)
{
    static const char never[] = "00000000000000000000000000000000";
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    doubt(fixture, never, false);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    assert_int_equal(stand.billing.releases, 0);
    doubt(fixture, fixture_job(fixture, &(struct job_plan){.pages = 1}), true);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    assert_int_equal(stand.billing.releases, 0); /* there is such a job, which holds it */
    doubt(fixture, never, true);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(stand.billing.releases, 1);
    assert_string_equal(stand.billing.released_request, never);
    assert_int_equal(count_doubts(fixture), 0);
}

static void test_a_doubt_stays_until_billing_has_answered(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    doubt(fixture, "00000000000000000000000000000001", true);
    atomic_store(&stand.billing.failure_code, STATUS_UNAVAILABLE);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    assert_int_equal(count_doubts(fixture), 1);
    stand.billing.failure_reason = "RESERVATION_NOT_FOUND"; /* nothing was ever opened */
    atomic_store(&stand.billing.failure_code, STATUS_NOT_FOUND);
    fixture_execute(fixture, "UPDATE reservation_doubt SET due_time = now()", NULL);
    assert_int_equal(sweep_doubts(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(count_doubts(fixture), 0);
}

static void test_uploads_that_no_job_needs_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    const char *lost = fixture_job(fixture, &(struct job_plan){.file = "pages 1"});
    fixture_job(fixture, &(struct job_plan){.file = "pages 1"});
    fixture_execute(fixture, "DELETE FROM job WHERE id = $1", lost);
    assert_int_equal(sweep_blobs(&options, &st), STATUS_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM blob", NULL), 2);
    fixture_execute(fixture, "UPDATE blob SET create_time = now() - interval '1 day'", NULL);
    assert_int_equal(sweep_blobs(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM blob", NULL), 1);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM blob WHERE key LIKE '%' || $1", lost), 0);
}

/* A blob as of a page of the job. */
static void put_rendition(struct stand *stand, const char *job_id, int32_t page_index)
{
    _cleanup_(closep) int fd = memfd_create("rendition", MFD_CLOEXEC);
    char key[JOB_RENDITION_KEY_SIZE];
    struct status st = {0};

    job_rendition_key(job_id, page_index, "00112233445566778899aabbccddeeff", key);
    assert_int_equal(write(fd, "picture", 7), 7);
    assert_int_equal(blob_put(stand->blobs, key, fd, 7, soon(), &st), STATUS_OK);
}

static int64_t count_renditions_of(struct fixture *fixture, const char *job_id)
{
    return fixture_integer(
        fixture, "SELECT count(*) FROM blob WHERE key LIKE 'rendition/' || $1 || '/%'", job_id);
}

static void test_pictures_of_an_expired_job_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    const char *expired = fixture_job(fixture, &(struct job_plan){.pages = 1});
    const char *other = fixture_job(fixture, &(struct job_plan){.pages = 1});
    put_rendition(&stand, expired, 0);
    put_rendition(&stand, expired, 12);
    put_rendition(&stand, other, 0);
    fixture_execute(fixture,
                    "UPDATE job SET state = 'done', finish_time = now(), "
                    "expire_time = now() - interval '1 second' WHERE id = $1",
                    expired);
    assert_int_equal(sweep_expired(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(count_renditions_of(fixture, expired), 0);
    assert_int_equal(count_renditions_of(fixture, other), 1);
}

static void test_pictures_that_no_job_needs_are_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};

    open_stand(&stand, fixture);
    const struct sweeper_options options = {fixture->db, stand.blobs, stand.client};
    const char *lost = fixture_job(fixture, &(struct job_plan){.file = "pages 1"});
    const char *cancelled = fixture_job(fixture, &(struct job_plan){.pages = 1});
    const char *kept = fixture_job(fixture, &(struct job_plan){.file = "pages 1"});
    for (int32_t page = 0; page < 3; page++) {
        put_rendition(&stand, lost, page);
        put_rendition(&stand, cancelled, page);
        put_rendition(&stand, kept, page);
    }
    assert_int_equal(store_job_cancel(fixture->db, soon(), cancelled, &st), STATUS_OK);
    fixture_execute(fixture, "DELETE FROM job WHERE id = $1", lost);
    assert_int_equal(sweep_blobs(&options, &st), STATUS_OK);
    assert_int_equal(count_renditions_of(fixture, lost), 3); /* too young */
    fixture_execute(fixture, "UPDATE blob SET create_time = now() - interval '1 day'", NULL);
    assert_int_equal(sweep_blobs(&options, &st), STATUS_OK);
    close_stand(&stand);

    assert_int_equal(count_renditions_of(fixture, lost), 0);
    assert_int_equal(count_renditions_of(fixture, cancelled), 0);
    assert_int_equal(count_renditions_of(fixture, kept), 3);
    /* Behind the pictures, uploads are seen, too. */
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM blob WHERE key LIKE 'upload/%'", NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_job_is_charged_for_the_pages_that_were_read, fixture_empty),
        cmocka_unit_test_setup(test_a_job_without_a_read_page_is_released, fixture_empty),
        cmocka_unit_test_setup(test_billing_that_is_away_is_asked_again, fixture_empty),
        cmocka_unit_test_setup(test_billing_that_cannot_be_reached_is_asked_once_a_round,
                               fixture_empty),
        cmocka_unit_test_setup(test_settling_is_repeated_after_a_crash, fixture_empty),
        cmocka_unit_test_setup(test_a_reservation_that_is_gone_does_not_hold_the_job,
                               fixture_empty),
        cmocka_unit_test_setup(test_a_cancelled_job_pays_for_what_was_read, fixture_empty),
        cmocka_unit_test_setup(test_the_thread_settles_when_it_is_woken, fixture_empty),
        cmocka_unit_test_setup(test_reservations_of_jobs_at_work_are_extended, fixture_empty),
        cmocka_unit_test_setup(test_reservations_wait_while_billing_cannot_be_reached,
                               fixture_empty),
        cmocka_unit_test_setup(test_what_is_reserved_for_no_job_is_released_once_it_is_due,
                               fixture_empty),
        cmocka_unit_test_setup(test_a_doubt_stays_until_billing_has_answered, fixture_empty),
        cmocka_unit_test_setup(test_uploads_that_no_job_needs_are_deleted, fixture_empty),
        cmocka_unit_test_setup(test_pictures_of_an_expired_job_are_deleted, fixture_empty),
        cmocka_unit_test_setup(test_pictures_that_no_job_needs_are_deleted, fixture_empty),
    };

    rpc_start();
    int failures = cmocka_run_group_tests(tests, fixture_open, fixture_close);
    rpc_stop();
    return failures;
}
