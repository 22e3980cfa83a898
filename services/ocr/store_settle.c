#include "services/ocr/store_settle.h"

#include "lib/db/db.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_webhook.h"

#define SETTLE_CLAIMED                                                                             \
    " RETURNING id, reservation_id, settle_attempts, (SELECT count(*) FROM page "                  \
    "WHERE page.job_id = job.id AND error_reason IS NULL), tool, "                                 \
    "traceparent"

/* By job_settling. */
static const struct db_statement settle_claim_any = {
    "settle_claim_any",
    "UPDATE job SET settle_time = now() + $1 * interval '1 millisecond', "
    "settle_attempts = settle_attempts + 1 WHERE id = (SELECT id FROM job "
    "WHERE state = 'settling' AND settle_time <= now() ORDER BY settle_time LIMIT 1 "
    "FOR UPDATE SKIP LOCKED)" SETTLE_CLAIMED,
};
static const struct db_statement settle_claim_one = {
    "settle_claim_one",
    "UPDATE job SET settle_time = now() + $1 * interval '1 millisecond', "
    "settle_attempts = settle_attempts + 1 WHERE id = $2 AND state = 'settling' "
    "AND settle_time <= now()" SETTLE_CLAIMED,
};

status_code store_settle_claim(struct db *db, int64_t deadline, const char *job_id,
                               int64_t claim_ms, struct arena *arena,
                               struct settlement *ret_settlement, bool *ret_found,
                               struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    if (job_id == NULL)
        TRY(db_query(db, deadline, &settle_claim_any, DB_PARAMS(DB_P_INTEGER(claim_ms)), &rows,
                     st));
    else
        TRY(db_query(db, deadline, &settle_claim_one,
                     DB_PARAMS(DB_P_INTEGER(claim_ms), DB_P_TEXT(job_id)), &rows, st));
    if (db_row_count(rows) == 0) {
        *ret_found = false;
        return STATUS_OK;
    }
    struct settlement settlement = {
        .job_id = db_text_copy(rows, 0, 0, arena),
        .reservation_id = db_text_copy(rows, 0, 1, arena),
        .attempts = (int32_t)db_integer(rows, 0, 2),
        .pages_read = (int32_t)db_integer(rows, 0, 3),
        .tool = db_text_copy(rows, 0, 4, arena),
    };

    (void)trace_context_parse(db_text(rows, 0, 5), &settlement.submission);
    if (settlement.job_id == NULL || settlement.reservation_id == NULL || settlement.tool == NULL)
        return FAIL_MEMORY(st);
    *ret_settlement = settlement;
    *ret_found = true;
    return STATUS_OK;
}

/* Confidence is weighted by characters, so that pages without text do not count. */
static const struct db_statement settle_finish = {
    "settle_finish",
    "UPDATE job SET "
    "state = CASE WHEN is_cancelled THEN 'cancelled' WHEN total.pages_read > 0 THEN 'done' "
    "ELSE 'failed' END, "
    "settle_time = NULL, usage_pages = $2, usage_credits = $3, "
    "mean_confidence = total.confidence, warnings = noted.sentences, "
    "error_reason = CASE WHEN is_cancelled OR total.pages_read > 0 THEN '' "
    "ELSE coalesce(first.error_reason, '') END, "
    "error_message = CASE WHEN is_cancelled OR total.pages_read > 0 THEN '' "
    "ELSE coalesce(first.error_message, '') END, "
    "finish_time = now(), expire_time = now() + retention_seconds * interval '1 second', "
    "revision = revision + 1 "
    "FROM (SELECT count(*) FILTER (WHERE error_reason IS NULL) AS pages_read, "
    "least(coalesce(sum(mean_confidence * characters) / nullif(sum(characters), 0), 0), 1) "
    "AS confidence FROM page WHERE job_id = $1) AS total "
    "LEFT JOIN (SELECT error_reason, error_message FROM page WHERE job_id = $1 "
    "AND error_reason IS NOT NULL ORDER BY page_index LIMIT 1) AS first ON true "
    "CROSS JOIN (SELECT coalesce(string_agg(sentence, E'\\n' ORDER BY page_index, place), '') "
    "AS sentences FROM (SELECT page_index, place, format('Page %s: %s', page_index + 1, line) "
    "AS sentence FROM page, regexp_split_to_table(warnings, E'\\n') WITH ORDINALITY "
    "AS split (line, place) WHERE job_id = $1 AND warnings <> '' "
    "ORDER BY page_index, place LIMIT $4) AS few) AS noted "
    "WHERE id = $1 AND state = 'settling'",
};
static const struct db_statement settle_remove = {
    "settle_remove",
    "DELETE FROM job WHERE id = $1 AND is_deleted",
};

struct finish {
    const char *job_id;
    int32_t usage_pages;
    int64_t usage_credits;
};

static status_code finish_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct finish *finish = arg;

    TRY(db_tx_execute(tx, &settle_finish,
                      DB_PARAMS(DB_P_TEXT(finish->job_id), DB_P_INTEGER(finish->usage_pages),
                                DB_P_INTEGER(finish->usage_credits),
                                DB_P_INTEGER(JOB_WARNINGS_MAX)),
                      NULL, st));
    db_tx_notify(tx, STORE_JOB_CHANNEL, finish->job_id);
    TRY(store_webhook_begin(tx, finish->job_id, st));
    return db_tx_execute(tx, &settle_remove, DB_PARAMS(DB_P_TEXT(finish->job_id)), NULL, st);
}

status_code store_settle_finish(struct db *db, int64_t deadline, const char *job_id,
                                int32_t usage_pages, int64_t usage_credits, struct status *st)
{
    struct finish finish = {job_id, usage_pages, usage_credits};

    return db_run(db, deadline, finish_body, &finish, st);
}

static const struct db_statement settle_postpone = {
    "settle_postpone",
    "UPDATE job SET settle_time = now() + $2 * interval '1 millisecond' "
    "WHERE id = $1 AND state = 'settling'",
};

status_code store_settle_postpone(struct db *db, int64_t deadline, const char *job_id,
                                  int64_t delay_ms, struct status *st)
{
    return db_execute(db, deadline, &settle_postpone,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(delay_ms)), NULL, st);
}
