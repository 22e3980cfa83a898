#include "services/ocr/store_page.h"

#include <string.h>

#include "lib/db/db.h"
#include "services/ocr/store_job.h"

/* The job's row is locked first, as everywhere: a cancellation waits, or has removed the task. */
static const struct db_statement page_job_lock = {
    "page_job_lock",
    "SELECT revision FROM job WHERE id = $1 FOR UPDATE",
};
static const struct db_statement page_task_end = {
    "page_task_end",
    "DELETE FROM page_task WHERE job_id = $1 AND page_index = $2 AND lease_token = $3",
};
static const struct db_statement page_insert = {
    "page_insert",
    "INSERT INTO page (job_id, page_index, revision, content, error_reason, error_message, "
    "mean_confidence, characters, warnings, pictures, pictures_key) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
};
static const struct db_statement page_count_up = {
    "page_count_up",
    "UPDATE job SET pages_done = pages_done + 1, revision = $2, "
    "engine_name = CASE WHEN engine_name = '' THEN $3 ELSE engine_name END, "
    "engine_version = CASE WHEN engine_name = '' THEN $4 ELSE engine_version END, "
    "engine_models = CASE WHEN engine_name = '' THEN $5 ELSE engine_models END, "
    "state = CASE WHEN pages_done + 1 = page_count THEN 'settling' ELSE 'processing' END, "
    "settle_time = CASE WHEN pages_done + 1 = page_count THEN now() END "
    "WHERE id = $1 "
    "RETURNING state",
};

/* A lease's pictures have a key of their own. */
static const struct db_statement page_is_stored = {
    "page_is_stored",
    "SELECT FROM page WHERE job_id = $1 AND page_index = $2 AND pictures_key = $3",
};

struct ending {
    const struct page_result *result;
    bool is_kept;
};

/* The task is gone. Where the answer to the commit was lost it went with this very page, whose
 * pictures are those that are kept, and nobody was told. */
static status_code look_for_commit(struct db_tx *tx, struct ending *ending, struct status *st)
{
    const struct page_result *result = ending->result;
    _cleanup_(db_rows_freep) struct db_rows *stored = NULL;

    TRY(db_tx_query(tx, &page_is_stored,
                    DB_PARAMS(DB_P_TEXT(result->job_id), DB_P_INTEGER(result->page_index),
                              DB_P_TEXT(result->pictures_key)),
                    &stored, st));
    ending->is_kept = db_row_count(stored) > 0;
    db_tx_notify(tx, STORE_JOB_CHANNEL, result->job_id);
    db_tx_notify(tx, STORE_SETTLE_CHANNEL, "");
    return STATUS_OK;
}

static status_code end_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct ending *ending = arg;
    const struct page_result *result = ending->result;
    _cleanup_(db_rows_freep) struct db_rows *locked = NULL;
    _cleanup_(db_rows_freep) struct db_rows *counted = NULL;
    int64_t affected = 0;

    ending->is_kept = false;
    TRY(db_tx_query(tx, &page_job_lock, DB_PARAMS(DB_P_TEXT(result->job_id)), &locked, st));
    if (db_row_count(locked) == 0)
        return STATUS_OK;
    int64_t revision = db_integer(locked, 0, 0) + 1;
    TRY(db_tx_execute(tx, &page_task_end,
                      DB_PARAMS(DB_P_TEXT(result->job_id), DB_P_INTEGER(result->page_index),
                                DB_P_TEXT(result->lease_token)),
                      &affected, st));
    if (affected == 0)
        return look_for_commit(tx, ending, st);
    TRY(db_tx_execute(
        tx, &page_insert,
        DB_PARAMS(DB_P_TEXT(result->job_id), DB_P_INTEGER(result->page_index),
                  DB_P_INTEGER(revision), DB_P_BYTES(result->content.p, result->content.n),
                  DB_P_TEXT(result->error_reason), DB_P_TEXT(result->error_message),
                  DB_P_REAL(result->mean_confidence), DB_P_INTEGER(result->characters),
                  DB_P_TEXT(result->warnings),
                  result->pictures_key == NULL ? DB_P_NULL
                                               : DB_P_BYTES(result->pictures.p, result->pictures.n),
                  DB_P_TEXT(result->pictures_key)),
        NULL, st));
    TRY(db_tx_query(tx, &page_count_up,
                    DB_PARAMS(DB_P_TEXT(result->job_id), DB_P_INTEGER(revision),
                              DB_P_TEXT(result->engine_name), DB_P_TEXT(result->engine_version),
                              DB_P_TEXT(result->engine_models)),
                    &counted, st));
    ending->is_kept = true;
    db_tx_notify(tx, STORE_JOB_CHANNEL, result->job_id);
    if (str_equal(db_text(counted, 0, 0), str_of(job_state_word(JOB_SETTLING))))
        db_tx_notify(tx, STORE_SETTLE_CHANNEL, "");
    return STATUS_OK;
}

status_code store_page_end(struct db *db, int64_t deadline, const struct page_result *result,
                           bool *ret_kept, struct status *st)
{
    struct ending ending = {result, false};

    TRY(db_run(db, deadline, end_body, &ending, st));
    *ret_kept = ending.is_kept;
    return STATUS_OK;
}

/* By the primary key. */
static const struct db_statement page_list = {
    "page_list",
    "SELECT page_index, content FROM page WHERE job_id = $1 AND page_index >= $2 "
    "ORDER BY page_index LIMIT $3",
};

status_code store_page_each(
    struct db *db, int64_t deadline, const char *job_id, int32_t first_index, int32_t limit,
    status_code (*each)(int32_t page_index, struct str content, void *arg, struct status *st),
    void *arg, int32_t *ret_next_index, int32_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int32_t next_index = first_index;

    TRY(db_query(db, deadline, &page_list,
                 DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(first_index), DB_P_INTEGER(limit)),
                 &rows, st));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        int32_t page_index = (int32_t)db_integer(rows, i, 0);
        TRY(each(page_index, db_bytes(rows, i, 1), arg, st));
        next_index = page_index + 1;
    }
    *ret_next_index = next_index;
    *ret_count = (int32_t)db_row_count(rows);
    return STATUS_OK;
}

/* By the primary key. */
static const struct db_statement page_pictures = {
    "page_pictures",
    "SELECT pictures, pictures_key FROM page WHERE job_id = $1 AND page_index = $2 "
    "AND pictures IS NOT NULL",
};

status_code store_page_pictures(struct db *db, int64_t deadline, const char *job_id,
                                int32_t page_index, struct arena *arena, struct str *ret_pictures,
                                const char **ret_key, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &page_pictures,
                 DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(page_index)), &rows, st));
    if (db_row_count(rows) == 0) {
        *ret_pictures = (struct str){0};
        *ret_key = NULL;
        return STATUS_OK;
    }
    struct str pictures = db_bytes(rows, 0, 0);
    char *copy = arena_alloc(arena, pictures.n + 1);
    const char *key = db_text_copy(rows, 0, 1, arena);
    if (copy == NULL || key == NULL)
        return FAIL_MEMORY(st);
    memcpy(copy, pictures.p, pictures.n);
    *ret_pictures = (struct str){copy, pictures.n};
    *ret_key = key;
    return STATUS_OK;
}

/* By page_revision. */
static const struct db_statement page_ended = {
    "page_ended",
    "SELECT page_index, revision, error_reason, error_message FROM page "
    "WHERE job_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision",
};

static status_code read_end(const struct db_rows *rows, size_t row, struct arena *arena,
                            struct page_end *ret_end, struct status *st)
{
    struct page_end end = {
        .page_index = (int32_t)db_integer(rows, row, 0),
        .revision = db_integer(rows, row, 1),
    };

    if (!db_is_null(rows, row, 2)) {
        end.error_reason = db_text_copy(rows, row, 2, arena);
        end.error_message = db_text_copy(rows, row, 3, arena);
        if (end.error_reason == NULL || end.error_message == NULL)
            return FAIL_MEMORY(st);
    }
    *ret_end = end;
    return STATUS_OK;
}

status_code store_page_ended(struct db *db, int64_t deadline, const char *job_id,
                             int64_t after_revision, int64_t revision, struct arena *arena,
                             struct page_end **ret_ends, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &page_ended,
                 DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(after_revision), DB_P_INTEGER(revision)),
                 &rows, st));
    size_t count = db_row_count(rows);
    struct page_end *ends = ARENA_NEW_ARRAY(arena, struct page_end, count + 1);
    if (ends == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        TRY(read_end(rows, i, arena, &ends[i], st));
    *ret_ends = ends;
    *ret_count = count;
    return STATUS_OK;
}
