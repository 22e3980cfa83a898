#include "services/ocr/tests/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "services/ocr/migrations.h"
#include "services/ocr/page_result.h"
#include "services/ocr/store_job.h"

enum {
    ARENA_MAX_BYTES = 16 << 20,
    STATEMENTS_MAX = 300,
    DEADLINE_MS = 20000,
    CONNECTIONS_MAX = 24,
};

int64_t soon(void)
{
    return time_mono_after_ms(DEADLINE_MS);
}

struct db_options fixture_db_options(void)
{
    const char *url = getenv("DATABASE_URL");

    if (url == NULL) {
        (void)fprintf(stderr, "DATABASE_URL is not set: run this by tests/postgres-for-test.sh\n");
        exit(1);
    }
    return (struct db_options){.conninfo = url,
                               .schema = "ocr",
                               .application_name = "ocr-test",
                               .connections_max = CONNECTIONS_MAX};
}

int fixture_open(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct db_options options = fixture_db_options();
    struct status st = {0};

    log_start("ocr-test", LOG_ERROR);
    if (fixture == NULL || db_open(&options, &fixture->db, &st) != STATUS_OK ||
        db_migrate(fixture->db, ocr_migrations, ocr_migrations_count, &st) != STATUS_OK) {
        (void)fprintf(stderr, "no database: %s\n", st.message);
        return 1;
    }
    fixture->arena = arena_new(ARENA_MAX_BYTES);
    *state = fixture;
    return fixture->arena == NULL;
}

int fixture_close(void **state)
{
    struct fixture *fixture = *state;

    arena_free(fixture->arena);
    db_close(fixture->db);
    free(fixture);
    return 0;
}

int fixture_empty(void **state)
{
    struct fixture *fixture = *state;

    arena_reset(fixture->arena);
    fixture_execute(
        fixture,
        "TRUNCATE job, page_task, page, extraction, turn, submission, blob, blob_chunk, "
        "webhook, webhook_delivery, webhook_secret",
        NULL);
    return 0;
}

/* --- SQL --- */

/* Statements are known by their address, so each text gets one that stays. */
static const struct db_statement *statement_of(const char *sql)
{
    static struct db_statement statements[STATEMENTS_MAX];
    static char names[STATEMENTS_MAX][16];
    static int count;

    for (int i = 0; i < count; i++)
        if (statements[i].sql == sql)
            return &statements[i];
    assert_true(count < STATEMENTS_MAX);
    (void)snprintf(names[count], sizeof(names[count]), "test_%d", count);
    statements[count] = (struct db_statement){names[count], sql};
    return &statements[count++];
}

void fixture_execute(struct fixture *fixture, const char *sql, const char *text)
{
    struct status st = {0};
    const struct db_param param = DB_P_TEXT(text);

    if (db_execute(fixture->db, soon(), statement_of(sql), &param, text == NULL ? 0 : 1, NULL,
                   &st) != STATUS_OK)
        fail_msg("%s: %s", sql, st.message);
}

int64_t fixture_integer(struct fixture *fixture, const char *sql, const char *text)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    struct status st = {0};
    const struct db_param param = DB_P_TEXT(text);

    if (db_query(fixture->db, soon(), statement_of(sql), &param, text == NULL ? 0 : 1, &rows,
                 &st) != STATUS_OK)
        fail_msg("%s: %s", sql, st.message);
    assert_int_equal(db_row_count(rows), 1);
    return db_integer(rows, 0, 0);
}

void fixture_server(const char *verb)
{
    const char *control = getenv("TEST_POSTGRES");
    char command[1024];

    assert_non_null(control);
    (void)snprintf(command, sizeof(command), "%s %s", control, verb);
    assert_int_equal(system(command), 0);
}

/* --- jobs --- */

static void store_upload(struct fixture *fixture, const char *job_id, const char *content)
{
    _cleanup_(blob_store_closep) struct blob_store *blobs = NULL;
    _cleanup_(closep) int fd = memfd_create("upload", MFD_CLOEXEC);
    size_t length = strlen(content);
    char key[JOB_BLOB_KEY_SIZE];
    struct status st = {0};

    assert_int_equal(write(fd, content, length), (ssize_t)length);
    job_upload_key(job_id, key);
    assert_int_equal(blob_store_open_postgres(fixture->db, &blobs, &st), STATUS_OK);
    assert_int_equal(blob_put(blobs, key, fd, (int64_t)length, soon(), &st), STATUS_OK);
}

const char *fixture_job(struct fixture *fixture, const struct job_plan *plan)
{
    int32_t pages = plan->pages == 0 ? 1 : plan->pages;
    const char *principal = plan->principal == NULL ? "alice" : plan->principal;
    int32_t *indexes = ARENA_NEW_ARRAY(fixture->arena, int32_t, (size_t)pages);
    char id[RANDOM_ID_SIZE];
    struct status st = {0};

    random_id(id);
    for (int32_t i = 0; i < pages; i++)
        indexes[i] = i;
    const struct job job = {
        .id = arena_strdup(fixture->arena, id),
        .account_id = plan->is_anonymous ? NULL : principal,
        .principal_key = principal,
        .tier = JOB_TIER_CPU,
        .language = "auto",
        .tool = "",
        .translate_to = "",
        .file_name = "scan.pdf",
        .media_type = "application/pdf",
        .size_bytes = 1000,
        .page_count = pages,
        .priority = plan->priority,
        .reservation_id = arena_printf(fixture->arena, "reservation-%s", id),
        .price_credits = pages,
        .retention_seconds = plan->retention_seconds == 0 ? 86400 : plan->retention_seconds,
    };
    const struct store_new_job new_job = {
        .job = &job,
        .page_indexes = indexes,
        .reservation_extend_time = time_wall() + 3600 * NANOSECONDS_PER_SECOND,
        .webhook_url = plan->webhook_url,
    };
    if (plan->file != NULL)
        store_upload(fixture, id, plan->file);
    if (store_job_insert(fixture->db, soon(), &new_job, &st) != STATUS_OK)
        fail_msg("no job: %s", st.message);
    return job.id;
}

const struct job *fixture_get(struct fixture *fixture, const char *job_id)
{
    const struct job *job = NULL;
    struct status st = {0};

    if (store_job_get(fixture->db, soon(), job_id, fixture->arena, &job, &st) != STATUS_OK)
        fail_msg("no job: %s", st.message);
    return job;
}

/* --- pages --- */

static bool lease(struct fixture *fixture, const char *holder, struct page_task *ret_task)
{
    struct status st = {0};
    bool is_found = false;

    if (store_queue_lease(fixture->db, soon(), holder, NULL, 60000, ret_task, &is_found, &st) !=
        STATUS_OK)
        fail_msg("no lease: %s", st.message);
    return is_found;
}

struct page_task fixture_lease(struct fixture *fixture, const char *holder)
{
    struct page_task task = {0};

    assert_true(lease(fixture, holder, &task));
    return task;
}

bool fixture_has_no_page(struct fixture *fixture)
{
    struct page_task task;

    return !lease(fixture, "nobody", &task);
}

static bool end_page(struct fixture *fixture, struct page_result *result,
                     const struct page_task *task)
{
    struct status st = {0};
    bool is_kept = false;

    result->job_id = task->job_id;
    result->page_index = task->page_index;
    result->lease_token = task->lease_token;
    if (store_page_end(fixture->db, soon(), result, &is_kept, &st) != STATUS_OK)
        fail_msg("page not stored: %s", st.message);
    return is_kept;
}

bool fixture_end_page(struct fixture *fixture, const struct page_task *task)
{
    struct page_result result = {
        .content = STR("content"),
        .mean_confidence = 0.9,
        .characters = 100,
        .warnings = "",
        .engine_name = "fake",
        .engine_version = "1",
        .engine_models = "a\nb",
    };

    return end_page(fixture, &result, task);
}

bool fixture_fail_page(struct fixture *fixture, const struct page_task *task, const char *reason)
{
    struct page_result result;
    struct status st = {0};

    assert_int_equal(page_result_failed((uint32_t)task->page_index, reason, "It went wrong.",
                                        fixture->arena, &result, &st),
                     STATUS_OK);
    return end_page(fixture, &result, task);
}
