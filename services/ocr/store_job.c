#include "services/ocr/store_job.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/ocr/store_row.h"
#include "services/ocr/store_webhook.h"

enum {
    TOMBSTONE_DAYS = 30,   /* how long an expired job is remembered as such */
    SUBMISSION_HOURS = 24, /* how long a request id is remembered. API: B16 */
    PAGE_LIST_MAX_BYTES = 1 << 24,
};

/* --- submission --- */

static const struct db_statement job_insert = {
    "job_insert",
    "INSERT INTO job (id, account_id, principal_key, state, tier, language, tool, translate_to, "
    "file_name, media_type, size_bytes, discards_renditions, page_count, priority, "
    "reservation_id, price_credits, reservation_extend_time, retention_seconds, traceparent, "
    "expire_time) "
    "VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
    "$17::bigint, $18, now() + $17::bigint * interval '1 second') "
    "ON CONFLICT (id) DO NOTHING",
};

static const struct db_statement task_insert = {
    "task_insert",
    "INSERT INTO page_task (job_id, page_index, principal_key, rank, job_number) "
    "SELECT id, unnest($2::integer[]), principal_key, -priority, number FROM job WHERE id = $1",
};

static const struct db_statement submission_settle = {
    "submission_settle",
    "UPDATE submission SET job_id = $4, fingerprint = $5 "
    "WHERE principal_key = $1 AND request_id = $2 AND claim_token = $3",
};

/* A PostgreSQL array literal: "{0,1,2}". */
static status_code format_indexes(const int32_t *indexes, size_t count, struct buf *out,
                                  struct status *st)
{
    bool is_ok = buf_append_char(out, '{');

    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = buf_printf(out, i > 0 ? ",%d" : "%d", indexes[i]);
    if (!is_ok || !buf_append_char(out, '}'))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

struct insertion {
    const struct store_new_job *new_job;
    struct str index_list;
};

static status_code insert_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct insertion *insertion = arg;
    const struct store_new_job *new_job = insertion->new_job;
    const struct job *job = new_job->job;
    int64_t affected;

    TRY(db_tx_execute(
        tx, &job_insert,
        DB_PARAMS(DB_P_TEXT(job->id), DB_P_TEXT(job->account_id), DB_P_TEXT(job->principal_key),
                  DB_P_INTEGER(job->tier), DB_P_TEXT(job->language), DB_P_TEXT(job->tool),
                  DB_P_TEXT(job->translate_to), DB_P_TEXT(job->file_name),
                  DB_P_TEXT(job->media_type), DB_P_INTEGER(job->size_bytes),
                  DB_P_BOOLEAN(job->discards_renditions), DB_P_INTEGER(job->page_count),
                  DB_P_INTEGER(job->priority), DB_P_TEXT(job->reservation_id),
                  DB_P_INTEGER(job->price_credits), DB_P_TIME(new_job->reservation_extend_time),
                  DB_P_INTEGER(job->retention_seconds), DB_P_TEXT(new_job->traceparent)),
        &affected, st));
    db_tx_notify(tx, STORE_PAGE_CHANNEL, "");
    if (affected == 0)
        return STATUS_OK; /* an earlier try was committed after all */
    struct db_param list = {.type = DB_TEXT, .bytes = insertion->index_list};
    TRY(db_tx_execute(tx, &task_insert, DB_PARAMS(DB_P_TEXT(job->id), list), NULL, st));
    if (new_job->webhook_url != NULL)
        TRY(store_webhook_insert(tx, job->id, job->account_id, new_job->webhook_url, st));
    if (new_job->request_id != NULL) {
        TRY(db_tx_execute(tx, &submission_settle,
                          DB_PARAMS(DB_P_TEXT(job->principal_key), DB_P_TEXT(new_job->request_id),
                                    DB_P_TEXT(new_job->claim_token), DB_P_TEXT(job->id),
                                    DB_P_BYTES(new_job->fingerprint.p, new_job->fingerprint.n)),
                          &affected, st));
        if (affected == 0)
            return FAIL(st, STATUS_FAILED_PRECONDITION, "IDEMPOTENCY_IN_PROGRESS",
                        "another call with the same request id took over; ask again");
    }
    return STATUS_OK;
}

status_code store_job_insert(struct db *db, int64_t deadline, const struct store_new_job *new_job,
                             struct status *st)
{
    _cleanup_(buf_deinit) struct buf list;

    buf_init(&list, PAGE_LIST_MAX_BYTES);
    TRY(format_indexes(new_job->page_indexes, (size_t)new_job->job->page_count, &list, st));
    struct insertion insertion = {new_job, buf_str(&list)};
    status_code code = db_run(db, deadline, insert_body, &insertion, st);
    /* Not ABORTED from inside, which db_run() would repeat. */
    if (code == STATUS_FAILED_PRECONDITION)
        st->code = code = STATUS_ABORTED;
    return code;
}

/* --- look-up --- */

static const struct db_statement job_get = {
    "job_get",
    "SELECT " STORE_JOB_COLUMNS " FROM job WHERE id = $1 AND NOT is_deleted",
};

status_code store_job_get(struct db *db, int64_t deadline, const char *job_id, struct arena *arena,
                          const struct job **ret_job, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    if (!job_id_is_valid(job_id))
        return job_fail_not_found(st);
    TRY(db_query(db, deadline, &job_get, DB_PARAMS(DB_P_TEXT(job_id)), &rows, st));
    if (db_row_count(rows) == 0)
        return job_fail_not_found(st);
    return store_row_job(rows, 0, arena, ret_job, st);
}

/* By job_of_account. $2: a state's word, or NULL. */
static const struct db_statement job_list = {
    "job_list",
    "SELECT " STORE_JOB_COLUMNS " FROM job "
    "WHERE account_id = $1 AND number < $3 AND NOT is_deleted AND NOT is_purged "
    "AND (finish_time IS NULL OR expire_time > now()) "
    "AND ($2::text IS NULL OR $2 = CASE WHEN state <> 'settling' THEN state "
    "WHEN is_cancelled THEN 'cancelled' ELSE 'processing' END) "
    "ORDER BY number DESC LIMIT $4",
};

status_code store_job_list(struct db *db, int64_t deadline, const char *account_id, int state,
                           int64_t before_number, int32_t limit, struct arena *arena,
                           const struct job ***ret_jobs, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(
        db, deadline, &job_list,
        DB_PARAMS(DB_P_TEXT(account_id),
                  DB_P_TEXT(state == STORE_STATE_ANY ? NULL : job_state_word((job_state)state)),
                  DB_P_INTEGER(before_number), DB_P_INTEGER(limit)),
        &rows, st));
    size_t count = db_row_count(rows);
    const struct job **jobs = ARENA_NEW_ARRAY(arena, const struct job *, count + 1);
    if (jobs == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        TRY(store_row_job(rows, i, arena, &jobs[i], st));
    *ret_jobs = jobs;
    *ret_count = count;
    return STATUS_OK;
}

/* By job_active. */
static const struct db_statement job_count_active = {
    "job_count_active",
    "SELECT count(*) FROM job WHERE principal_key = $1 "
    "AND state IN ('pending', 'processing', 'settling') AND NOT is_cancelled",
};

status_code store_job_count_active(struct db *db, int64_t deadline, const char *principal_key,
                                   int64_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &job_count_active, DB_PARAMS(DB_P_TEXT(principal_key)), &rows, st));
    *ret_count = db_integer(rows, 0, 0);
    return STATUS_OK;
}

static const struct db_statement job_needs_upload = {
    "job_needs_upload",
    "SELECT count(*) FROM job WHERE id = $1 AND state IN ('pending', 'processing', 'settling')",
};
static const struct db_statement job_needs_renditions = {
    "job_needs_renditions",
    "SELECT count(*) FROM job WHERE id = $1 AND NOT is_cancelled AND NOT is_deleted "
    "AND NOT is_purged AND NOT discards_renditions AND state <> 'failed'",
};

/* @statement: counts a job, or no job. */
static status_code is_there(struct db *db, int64_t deadline, const struct db_statement *statement,
                            const char *job_id, bool *ret_is_there, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, statement, DB_PARAMS(DB_P_TEXT(job_id)), &rows, st));
    *ret_is_there = db_integer(rows, 0, 0) > 0;
    return STATUS_OK;
}

status_code store_job_needs_upload(struct db *db, int64_t deadline, const char *job_id,
                                   bool *ret_needs, struct status *st)
{
    return is_there(db, deadline, &job_needs_upload, job_id, ret_needs, st);
}

status_code store_job_needs_renditions(struct db *db, int64_t deadline, const char *job_id,
                                       bool *ret_needs, struct status *st)
{
    return is_there(db, deadline, &job_needs_renditions, job_id, ret_needs, st);
}

/* --- cancelling and removal: the job's row is locked first, here and wherever a page ends --- */

static const struct db_statement job_lock = {
    "job_lock",
    "SELECT state FROM job WHERE id = $1 AND NOT is_deleted FOR UPDATE",
};
static const struct db_statement job_to_settling = {
    "job_to_settling",
    "UPDATE job SET state = 'settling', is_cancelled = true, settle_time = now(), "
    "revision = revision + 1 WHERE id = $1 "
    "RETURNING pg_notify('" STORE_JOB_CHANNEL "', id)::text, "
    "pg_notify('" STORE_SETTLE_CHANNEL "', '')::text, "
    "pg_notify('" STORE_CANCEL_CHANNEL "', '')::text",
};
static const struct db_statement task_remove_all = {
    "task_remove_all",
    "DELETE FROM page_task WHERE job_id = $1",
};
static const struct db_statement job_hide = {
    "job_hide",
    "UPDATE job SET is_deleted = true, is_cancelled = true, file_name = '' WHERE id = $1 "
    "RETURNING pg_notify('" STORE_JOB_CHANNEL "', id)::text",
};
static const struct db_statement submission_remove = {
    "submission_remove",
    "DELETE FROM submission WHERE job_id = $1",
};
static const struct db_statement job_remove_ended = {
    "job_remove_ended",
    "DELETE FROM job WHERE id = $1 AND state IN ('done', 'failed', 'cancelled') "
    "RETURNING pg_notify('" STORE_JOB_CHANNEL "', id)::text",
};

static status_code cancel_body(struct db_tx *tx, void *arg, struct status *st)
{
    const char *job_id = arg;
    _cleanup_(db_rows_freep) struct db_rows *locked = NULL;
    _cleanup_(db_rows_freep) struct db_rows *notified = NULL;
    job_state state;

    TRY(db_tx_query(tx, &job_lock, DB_PARAMS(DB_P_TEXT(job_id)), &locked, st));
    if (db_row_count(locked) == 0 || !job_state_parse(db_text(locked, 0, 0), &state))
        return job_fail_not_found(st);
    if (state != JOB_PENDING && state != JOB_PROCESSING)
        return STATUS_OK;
    TRY(db_tx_execute(tx, &task_remove_all, DB_PARAMS(DB_P_TEXT(job_id)), NULL, st));
    return db_tx_query(tx, &job_to_settling, DB_PARAMS(DB_P_TEXT(job_id)), &notified, st);
}

static status_code delete_body(struct db_tx *tx, void *arg, struct status *st)
{
    const char *job_id = arg;
    _cleanup_(db_rows_freep) struct db_rows *hidden = NULL;
    _cleanup_(db_rows_freep) struct db_rows *removed = NULL;

    TRY(cancel_body(tx, arg, st));
    TRY(db_tx_query(tx, &job_remove_ended, DB_PARAMS(DB_P_TEXT(job_id)), &removed, st));
    if (db_row_count(removed) > 0)
        return STATUS_OK;
    TRY(db_tx_execute(tx, &submission_remove, DB_PARAMS(DB_P_TEXT(job_id)), NULL, st));
    /* The pages stay until billing has been told how many they are. */
    return db_tx_query(tx, &job_hide, DB_PARAMS(DB_P_TEXT(job_id)), &hidden, st);
}

status_code store_job_cancel(struct db *db, int64_t deadline, const char *job_id, struct status *st)
{
    return db_run(db, deadline, cancel_body, (void *)job_id, st);
}

status_code store_job_delete(struct db *db, int64_t deadline, const char *job_id, struct status *st)
{
    return db_run(db, deadline, delete_body, (void *)job_id, st);
}

/* --- the end of an account --- */

/* By job_of_account. */
static const struct db_statement job_ids = {
    "job_ids",
    "SELECT id FROM job WHERE account_id = $1 AND NOT is_deleted ORDER BY number DESC LIMIT $2",
};
static const struct db_statement jobs_left = {
    "jobs_left",
    "SELECT count(*) FROM job WHERE account_id = $1",
};
/* By the primary keys. */
static const struct db_statement owner_submissions = {
    "owner_submissions",
    "DELETE FROM submission WHERE principal_key = $1",
};
static const struct db_statement owner_turn = {
    "owner_turn",
    "DELETE FROM turn WHERE principal_key = $1",
};

status_code store_job_ids(struct db *db, int64_t deadline, const char *account_id, int32_t limit,
                          struct arena *arena, const char ***ret_ids, size_t *ret_count,
                          struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &job_ids, DB_PARAMS(DB_P_TEXT(account_id), DB_P_INTEGER(limit)),
                 &rows, st));
    size_t count = db_row_count(rows);
    const char **ids = ARENA_NEW_ARRAY(arena, const char *, count + 1);
    if (ids == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        ids[i] = db_text_copy(rows, i, 0, arena);
        if (ids[i] == NULL)
            return FAIL_MEMORY(st);
    }
    *ret_ids = ids;
    *ret_count = count;
    return STATUS_OK;
}

status_code store_owner_forget(struct db *db, int64_t deadline, const char *account_id,
                               int64_t *ret_jobs_left, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct db_param owner = DB_P_TEXT(account_id);

    TRY(db_execute(db, deadline, &owner_submissions, DB_PARAMS(owner), NULL, st));
    TRY(db_execute(db, deadline, &owner_turn, DB_PARAMS(owner), NULL, st));
    TRY(store_webhook_secret_forget(db, deadline, account_id, st));
    TRY(db_query(db, deadline, &jobs_left, DB_PARAMS(owner), &rows, st));
    *ret_jobs_left = db_integer(rows, 0, 0);
    return STATUS_OK;
}

/* --- housekeeping --- */

/* By job_expire. */
static const struct db_statement job_purge = {
    "job_purge",
    "WITH expired AS (SELECT id FROM job WHERE finish_time IS NOT NULL AND expire_time <= now() "
    "AND NOT is_purged ORDER BY expire_time LIMIT $1 FOR UPDATE SKIP LOCKED), "
    "gone AS (DELETE FROM page USING expired WHERE page.job_id = expired.id), "
    "forgotten AS (DELETE FROM extraction USING expired WHERE extraction.job_id = expired.id), "
    "untold AS (DELETE FROM webhook USING expired WHERE webhook.job_id = expired.id) "
    "UPDATE job SET is_purged = true, file_name = '', warnings = '', revision = revision + 1 "
    "FROM expired WHERE job.id = expired.id "
    "RETURNING job.id, pg_notify('" STORE_JOB_CHANNEL "', job.id)::text",
};
static const struct db_statement job_forget = {
    "job_forget",
    "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE is_purged AND finish_time IS NOT NULL "
    "AND expire_time <= now() - $2 * interval '1 day' ORDER BY expire_time LIMIT $1 "
    "FOR UPDATE SKIP LOCKED)",
};
static const struct db_statement submission_forget = {
    "submission_forget",
    "DELETE FROM submission WHERE create_time <= now() - $1 * interval '1 hour' "
    "AND claim_expire_time <= now()",
};
static const struct db_statement turn_forget = {
    "turn_forget",
    "DELETE FROM turn WHERE lease_time <= now() - interval '1 day'",
};

status_code store_sweep(struct db *db, int64_t deadline, int32_t limit, struct arena *arena,
                        const char ***ret_purged, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *purged = NULL;

    TRY(db_query(db, deadline, &job_purge, DB_PARAMS(DB_P_INTEGER(limit)), &purged, st));
    TRY(db_execute(db, deadline, &job_forget,
                   DB_PARAMS(DB_P_INTEGER(limit), DB_P_INTEGER(TOMBSTONE_DAYS)), NULL, st));
    TRY(db_execute(db, deadline, &submission_forget, DB_PARAMS(DB_P_INTEGER(SUBMISSION_HOURS)),
                   NULL, st));
    TRY(db_execute(db, deadline, &turn_forget, DB_NO_PARAMS, NULL, st));
    size_t count = db_row_count(purged);
    const char **ids = ARENA_NEW_ARRAY(arena, const char *, count + 1);
    if (ids == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        ids[i] = db_text_copy(purged, i, 0, arena);
        if (ids[i] == NULL)
            return FAIL_MEMORY(st);
    }
    *ret_purged = ids;
    *ret_count = count;
    return STATUS_OK;
}

/* --- reservations of jobs at work; by job_reserved --- */

static const struct db_statement reservation_claim = {
    "reservation_claim",
    "UPDATE job SET reservation_extend_time = now() + interval '1 minute' "
    "WHERE id = (SELECT id FROM job WHERE state IN ('pending', 'processing', 'settling') "
    "AND reservation_extend_time <= now() ORDER BY reservation_extend_time LIMIT 1 "
    "FOR UPDATE SKIP LOCKED) "
    "RETURNING " STORE_JOB_COLUMNS,
};
static const struct db_statement reservation_extended = {
    "reservation_extended",
    "UPDATE job SET reservation_extend_time = $2 WHERE id = $1",
};

status_code store_reservation_claim(struct db *db, int64_t deadline, struct arena *arena,
                                    const struct job **ret_job, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &reservation_claim, DB_NO_PARAMS, &rows, st));
    if (db_row_count(rows) > 0)
        return store_row_job(rows, 0, arena, ret_job, st);
    *ret_job = NULL;
    return STATUS_OK;
}

status_code store_reservation_extended(struct db *db, int64_t deadline, const char *job_id,
                                       int64_t extend_time, struct status *st)
{
    return db_execute(db, deadline, &reservation_extended,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_TIME(extend_time)), NULL, st);
}
