/* The end of accounts over a real PostgreSQL, with a billing that names them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "lib/blob/blob.h"
#include "lib/mesh/account_purger.h"
#include "lib/mesh/billing_client.h"
#include "services/ocr/metrics.h"
#include "services/ocr/purge.h"
#include "services/ocr/settle.h"
#include "services/ocr/tests/fake_billing.h"
#include "services/ocr/tests/store_fixture.h"
#include "services/ocr/upload_files.h"

struct stand {
    struct fake_billing billing;
    struct billing_client *client;
    struct blob_store *blobs;
    struct upload_files *files;
    struct purge_parts parts;
};

/* Billing names "alice" as deleted. */
static void open_stand(struct stand *stand, struct fixture *fixture)
{
    char target[64];
    struct status st = {0};

    fake_billing_start(&stand->billing, target);
    stand->billing.deleted_account = "alice";
    stand->billing.deleted_is_settled = true;
    assert_int_equal(billing_client_new(fake_billing_channel(target), "ocr", &stand->client, &st),
                     STATUS_OK);
    assert_int_equal(blob_store_open_postgres(fixture->db, &stand->blobs, &st), STATUS_OK);
    stand->files = upload_files_new(stand->blobs, "/tmp");
    assert_non_null(stand->files);
    stand->parts = (struct purge_parts){fixture->db, stand->blobs, stand->files};
}

static void close_stand(struct stand *stand)
{
    upload_files_free(stand->files);
    blob_store_close(stand->blobs);
    billing_client_free(stand->client);
    fake_billing_stop(&stand->billing);
}

static void purge(struct stand *stand)
{
    struct status st = {0};

    if (account_purge_round(stand->client, purge_account, &stand->parts, &st) != STATUS_OK)
        fail_msg("not purged: %s", st.message);
}

static void settle(struct stand *stand, struct fixture *fixture)
{
    struct metrics metrics = {0};
    struct status st = {0};
    int64_t settled;

    assert_int_equal(settle_due(
                         &(struct settler_options){
                             .db = fixture->db,
                             .blobs = stand->blobs,
                             .billing = stand->client,
                             .files = stand->files,
                             .metrics = &metrics,
                         },
                         &settled, &st),
                     STATUS_OK);
}

/* A job that has ended, with a picture. */
static const char *ended_job(struct stand *stand, struct fixture *fixture, const char *principal)
{
    const char *id =
        fixture_job(fixture, &(struct job_plan){.principal = principal, .pages = 1, .file = "x"});
    char prefix[JOB_RENDITION_KEY_SIZE], key[JOB_RENDITION_KEY_SIZE + 1];
    struct page_task task = fixture_lease(fixture, "a");

    assert_true(fixture_end_page(fixture, &task));
    settle(stand, fixture);
    job_rendition_prefix(id, prefix);
    (void)snprintf(key, sizeof(key), "%s1", prefix);
    fixture_execute(fixture, "INSERT INTO blob (key, size_bytes) VALUES ($1, 0)", key);
    return id;
}

static int64_t count(struct fixture *fixture, const char *sql)
{
    return fixture_integer(fixture, sql, NULL);
}

static void test_all_that_is_kept_goes_and_others_keep_theirs(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    (void)ended_job(&stand, fixture, "alice");
    (void)ended_job(&stand, fixture, "alice");
    const char *other = ended_job(&stand, fixture, "bob");
    fixture_execute(fixture,
                    "INSERT INTO submission (principal_key, request_id, claim_token,"
                    " claim_expire_time) VALUES ('alice', 'r', 't', now() + interval '1 day')",
                    NULL);
    purge(&stand);
    assert_int_equal(stand.billing.confirms, 1);
    close_stand(&stand);

    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 1);
    assert_int_equal(count(fixture, "SELECT count(*) FROM page"), 1);
    assert_int_equal(count(fixture, "SELECT count(*) FROM blob"), 1);
    assert_int_equal(count(fixture, "SELECT count(*) FROM submission"), 0);
    assert_int_equal(fixture_get(fixture, other)->state, JOB_DONE);
}

static void test_nothing_is_confirmed_while_a_job_may_still_begin(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    stand.billing.deleted_is_settled = false;
    (void)ended_job(&stand, fixture, "alice");
    purge(&stand);
    assert_int_equal(stand.billing.confirms, 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 0);
    /* The one that was under way. */
    (void)ended_job(&stand, fixture, "alice");
    stand.billing.deleted_is_settled = true;
    purge(&stand);
    assert_int_equal(stand.billing.confirms, 1);
    close_stand(&stand);

    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM blob"), 0);
}

static void test_a_job_at_work_is_cancelled_and_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct stand stand;

    open_stand(&stand, fixture);
    (void)fixture_job(fixture,
                      &(struct job_plan){.principal = "alice", .pages = 3, .file = "three"});
    (void)fixture_lease(fixture, "a");
    purge(&stand);
    assert_true(fixture_has_no_page(fixture));
    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 1); /* to be settled */
    assert_int_equal(stand.billing.confirms, 0);
    settle(&stand, fixture);
    assert_int_equal(stand.billing.releases, 1);
    purge(&stand);
    assert_int_equal(stand.billing.confirms, 1);
    close_stand(&stand);

    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 0);
    assert_int_equal(count(fixture, "SELECT count(*) FROM blob"), 0);
}

static void test_an_answer_that_was_lost_is_asked_for_again(void **state)
{
    struct fixture *fixture = *state;
    struct status st = {0};
    struct stand stand;

    open_stand(&stand, fixture);
    purge(&stand);
    purge(&stand);
    assert_int_equal(stand.billing.confirms, 2);
    (void)ended_job(&stand, fixture, "alice");
    atomic_store(&stand.billing.failure_code, STATUS_INTERNAL);
    assert_int_equal(account_purge_round(stand.client, purge_account, &stand.parts, &st),
                     STATUS_INTERNAL);
    assert_int_equal(count(fixture, "SELECT count(*) FROM job"), 1);
    close_stand(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_that_is_kept_goes_and_others_keep_theirs, fixture_empty),
        cmocka_unit_test_setup(test_nothing_is_confirmed_while_a_job_may_still_begin,
                               fixture_empty),
        cmocka_unit_test_setup(test_a_job_at_work_is_cancelled_and_waited_for, fixture_empty),
        cmocka_unit_test_setup(test_an_answer_that_was_lost_is_asked_for_again, fixture_empty),
    };

    rpc_start();
    int failures = cmocka_run_group_tests(tests, fixture_open, fixture_close);
    rpc_stop();
    return failures;
}
