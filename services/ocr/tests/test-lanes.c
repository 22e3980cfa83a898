/* Lanes over a real PostgreSQL, with workers that follow scripts (fake_worker.c). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/blob/blob.h"
#include "services/ocr/lanes.h"
#include "services/ocr/metrics.h"
#include "services/ocr/store_job.h"
#include "services/ocr/tests/store_fixture.h"
#include "services/ocr/upload_files.h"

enum {
    LANES = 2,
    LEASE_MS = 8000, /* none is lost on a busy machine */
    LONG_LEASE_MS = 120000,
    PATIENCE_MS = 60000,
    PICTURES_WAIT_MS = 200,
};

/* What a service has around its lanes. */
struct stand {
    struct fixture *fixture;
    struct blob_store *blobs;
    struct upload_files *files;
    struct metrics metrics;
    struct lanes *lanes;
    struct db_listener *listener;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int changes;
};

static void on_event(const char *channel, const char *payload, void *arg)
{
    struct stand *stand = arg;

    if (channel == NULL || strcmp(channel, STORE_PAGE_CHANNEL) == 0)
        lanes_wake(stand->lanes);
    if (channel == NULL || strcmp(channel, STORE_CANCEL_CHANNEL) == 0)
        lanes_check_leases(stand->lanes);
    pthread_mutex_lock(&stand->lock);
    stand->changes++;
    pthread_cond_broadcast(&stand->changed);
    pthread_mutex_unlock(&stand->lock);
}

static void open_stand_leasing(struct stand *stand, struct fixture *fixture, int lanes,
                               int64_t lease_ms)
{
    static const char *const channels[] = {STORE_JOB_CHANNEL, STORE_PAGE_CHANNEL,
                                           STORE_CANCEL_CHANNEL};
    const struct db_options options = fixture_db_options();
    struct status st = {0};

    *stand = (struct stand){.fixture = fixture};
    pthread_mutex_init(&stand->lock, NULL);
    wait_init(&stand->changed);
    assert_int_equal(blob_store_open_postgres(fixture->db, &stand->blobs, &st), STATUS_OK);
    stand->files = upload_files_new(stand->blobs, "/tmp");
    assert_non_null(stand->files);
    assert_int_equal(lanes_start(
                         &(struct lanes_options){
                             .db = fixture->db,
                             .blobs = stand->blobs,
                             .files = stand->files,
                             .work_dir = "/tmp",
                             .metrics = &stand->metrics,
                             .worker_path = getenv("FAKE_WORKER"),
                             .count = lanes,
                             .lease_ms = lease_ms,
                             .pictures_wait_ms = PICTURES_WAIT_MS,
                         },
                         &stand->lanes, &st),
                     STATUS_OK);
    assert_int_equal(db_listener_start(&options, channels, ARRAY_LENGTH(channels), on_event, stand,
                                       &stand->listener, &st),
                     STATUS_OK);
}

static void open_stand(struct stand *stand, struct fixture *fixture, int lanes)
{
    open_stand_leasing(stand, fixture, lanes, LEASE_MS);
}

static void close_stand(struct stand *stand)
{
    db_listener_stop(stand->listener);
    lanes_free(stand->lanes);
    upload_files_free(stand->files);
    blob_store_close(stand->blobs);
    pthread_cond_destroy(&stand->changed);
    pthread_mutex_destroy(&stand->lock);
}

/* Waits for notifications until `query` (of the job's id) is `wanted`. */
static void wait_for(struct stand *stand, const char *query, const char *job_id, int64_t wanted)
{
    int64_t end = time_mono_after_ms(PATIENCE_MS);

    for (;;) {
        pthread_mutex_lock(&stand->lock);
        int seen = stand->changes;
        pthread_mutex_unlock(&stand->lock);
        if (fixture_integer(stand->fixture, query, job_id) == wanted)
            return;
        if (time_mono() > end)
            fail_msg("%s is not %d", query, (int)wanted);
        pthread_mutex_lock(&stand->lock);
        /* Not every change notifies (a lease does not), so that waits are short. */
        int64_t tick = time_mono_after_ms(50);
        while (stand->changes == seen && wait_until(&stand->changed, &stand->lock, tick))
            ;
        pthread_mutex_unlock(&stand->lock);
    }
}

static void wait_for_end(struct stand *stand, const char *job_id)
{
    wait_for(stand, "SELECT count(*) FROM job WHERE id = $1 AND state = 'settling'", job_id, 1);
}

static int64_t count_failed(struct fixture *fixture, const char *job_id)
{
    return fixture_integer(
        fixture, "SELECT count(*) FROM page WHERE job_id = $1 AND error_reason IS NOT NULL",
        job_id);
}

/* The reason of the only failed page. */
static void assert_failed_once(struct fixture *fixture, const char *job_id, const char *reason)
{
    const struct job *job = fixture_get(fixture, job_id);
    static char query[256];

    assert_int_equal(job->failed_page_count, 1);
    (void)snprintf(query, sizeof(query), "%s", reason);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM page WHERE error_reason = $1", query), 1);
}

static void test_all_pages_of_a_job_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 20, .file = "pages 20"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    const struct job *job = fixture_get(fixture, id);
    assert_int_equal(job->pages_done, 20);
    assert_int_equal(job->failed_page_count, 0);
    assert_string_equal(job->engine_name, "script");
    assert_int_equal(atomic_load(&stand.metrics.pages_read), 20);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM page_task", NULL), 0);
}

static void test_a_page_that_kills_its_worker_twice_is_failed(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 5, .file = "pages 5\ndie-at 2"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_failed_once(fixture, id, "WORKER_CRASHED");
    assert_int_equal(fixture_get(fixture, id)->failed_page_indexes[0], 2);
    assert_int_equal(fixture_get(fixture, id)->pages_done, 5);
    assert_int_equal(atomic_load(&stand.metrics.worker_deaths), 2);
}

static void test_a_page_whose_worker_dies_once_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    char folder[] = "/tmp/ocr-lanes.XXXXXX";
    char file[256];
    char mark[64];

    assert_non_null(mkdtemp(folder));
    (void)snprintf(mark, sizeof(mark), "%s/mark", folder);
    (void)snprintf(file, sizeof(file), "pages 3\ndie-once-at 1 %s", mark);
    open_stand(&stand, fixture, LANES);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 3, .file = file});
    wait_for_end(&stand, id);
    close_stand(&stand);
    (void)unlink(mark);
    (void)rmdir(folder);

    assert_int_equal(count_failed(fixture, id), 0);
    assert_int_equal(atomic_load(&stand.metrics.worker_deaths), 1);
}

static void test_a_page_that_fails_does_not_end_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 4, .file = "pages 4\nfail-at 3 CORRUPT"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_failed_once(fixture, id, "PAGE_CORRUPT");
    assert_int_equal(atomic_load(&stand.metrics.worker_deaths), 0);
}

static void test_what_a_tired_worker_cannot_do_a_new_one_does(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, 1);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 3, .file = "pages 3\ntire-at 1"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_int_equal(count_failed(fixture, id), 0);
    assert_int_equal(atomic_load(&stand.metrics.worker_replacements), 1);
    assert_int_equal(atomic_load(&stand.metrics.worker_deaths), 0);
}

static void test_a_worker_that_keeps_too_much_memory_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, 1);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 3, .file = "pages 3\nswell-at 1"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_int_equal(count_failed(fixture, id), 0);
    assert_int_equal(atomic_load(&stand.metrics.worker_replacements), 1);
}

/* What the database refuses does not stop the queue. */
static void test_a_page_that_cannot_be_stored_is_failed(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 2, .file = "pages 2\ntorn-at 0"});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_failed_once(fixture, id, "PAGE_CORRUPT");
}

/* A disk of pictures that stays full costs pictures, no text, and no page waits for it without end.
 */
static void test_a_page_for_whose_pictures_there_is_no_room_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    fixture_execute(fixture,
                    "CREATE FUNCTION refuse_pictures() RETURNS trigger LANGUAGE plpgsql AS $$"
                    "BEGIN RAISE 'no room' USING ERRCODE = 'disk_full'; END $$",
                    NULL);
    fixture_execute(fixture,
                    "CREATE TRIGGER full_disk BEFORE INSERT ON blob_chunk FOR EACH ROW"
                    " WHEN (NEW.blob_key LIKE 'rendition/%') EXECUTE FUNCTION refuse_pictures()",
                    NULL);
    open_stand(&stand, fixture, LANES);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 2, .file = "pages 2\npictures-at 0 1000"});
    wait_for_end(&stand, id);
    close_stand(&stand);
    fixture_execute(fixture, "DROP FUNCTION refuse_pictures CASCADE", NULL);

    assert_int_equal(fixture_get(fixture, id)->pages_done, 2);
    assert_int_equal(count_failed(fixture, id), 0);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(pictures_key) FROM page WHERE job_id = $1", id), 0);
}

static void test_pages_without_an_upload_are_failed(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 1});
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_failed_once(fixture, id, "UPLOAD_LOST");
}

/* The worker that hangs is ended when its lease turns out to be lost: at once, not when the lease
 * is to be renewed, which is half a minute away here. */
static void test_cancelling_a_job_ends_the_worker_at_its_page(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};
    int64_t begin = time_mono();

    open_stand_leasing(&stand, fixture, 1, LONG_LEASE_MS);
    const char *stuck =
        fixture_job(fixture, &(struct job_plan){.pages = 1, .file = "pages 1\nhang-at 0"});
    wait_for(&stand, "SELECT count(*) FROM page_task WHERE job_id = $1 AND lease_token IS NOT NULL",
             stuck, 1);
    assert_int_equal(store_job_cancel(fixture->db, soon(), stuck, &st), STATUS_OK);
    const char *next = fixture_job(fixture, &(struct job_plan){.pages = 1, .file = "pages 1"});
    wait_for_end(&stand, next);
    close_stand(&stand);

    assert_int_equal(count_failed(fixture, next), 0);
    assert_int_equal(atomic_load(&stand.metrics.worker_deaths), 0);
    assert_true(time_mono() - begin < LONG_LEASE_MS / 4 * NANOSECONDS_PER_MS);
}

/* A killed process: its leases run out, and another one reads the pages. */
static void test_pages_of_a_process_that_vanished_are_read(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;
    struct status st = {0};
    struct page_task task;
    bool is_found;

    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 2, .file = "pages 2"});
    assert_int_equal(
        store_queue_lease(fixture->db, soon(), "vanished", NULL, 300, &task, &is_found, &st),
        STATUS_OK);
    open_stand(&stand, fixture, LANES);
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_int_equal(count_failed(fixture, id), 0);
    assert_int_equal(fixture_get(fixture, id)->pages_done, 2);
}

static void test_stopping_gives_back_what_takes_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, 1);
    const char *id =
        fixture_job(fixture, &(struct job_plan){.pages = 1, .file = "pages 1\nhang-at 0"});
    wait_for(&stand, "SELECT count(*) FROM page_task WHERE job_id = $1 AND lease_token IS NOT NULL",
             id, 1);
    /* The clock passes the grace that pages have. */
    lanes_begin_stop(stand.lanes);
    time_set_offset_for_test(2 * LANES_STOP_GRACE_MS * NANOSECONDS_PER_MS);
    close_stand(&stand);
    time_set_offset_for_test(0);

    assert_int_equal(fixture_lease(fixture, "next").attempts, 1);
}

static void test_a_database_that_is_away_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture, LANES);
    const char *id = fixture_job(fixture, &(struct job_plan){.pages = 300, .file = "pages 300"});
    wait_for(&stand, "SELECT (pages_done > 20)::integer FROM job WHERE id = $1", id, 1);
    fixture_server("stop");
    fixture_server("start");
    wait_for_end(&stand, id);
    close_stand(&stand);

    assert_int_equal(fixture_get(fixture, id)->pages_done, 300);
    assert_int_equal(count_failed(fixture, id), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_pages_of_a_job_are_read, fixture_empty),
        cmocka_unit_test_setup(test_a_page_that_kills_its_worker_twice_is_failed, fixture_empty),
        cmocka_unit_test_setup(test_a_page_whose_worker_dies_once_is_read, fixture_empty),
        cmocka_unit_test_setup(test_a_page_that_fails_does_not_end_the_job, fixture_empty),
        cmocka_unit_test_setup(test_what_a_tired_worker_cannot_do_a_new_one_does, fixture_empty),
        cmocka_unit_test_setup(test_a_worker_that_keeps_too_much_memory_is_replaced, fixture_empty),
        cmocka_unit_test_setup(test_a_page_that_cannot_be_stored_is_failed, fixture_empty),
        cmocka_unit_test_setup(test_a_page_for_whose_pictures_there_is_no_room_is_read,
                               fixture_empty),
        cmocka_unit_test_setup(test_pages_without_an_upload_are_failed, fixture_empty),
        cmocka_unit_test_setup(test_cancelling_a_job_ends_the_worker_at_its_page, fixture_empty),
        cmocka_unit_test_setup(test_pages_of_a_process_that_vanished_are_read, fixture_empty),
        cmocka_unit_test_setup(test_stopping_gives_back_what_takes_too_long, fixture_empty),
        cmocka_unit_test_setup(test_a_database_that_is_away_loses_nothing, fixture_empty),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
