#include "services/ocr/store_webhook.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/db/db.h"

#define NOTIFY "pg_notify('" STORE_WEBHOOK_CHANNEL "', '')::text"

/* --- with the job --- */

static const struct db_statement webhook_insert = {
    "webhook_insert",
    "INSERT INTO webhook (job_id, account_id, message_id, url) VALUES ($1, $2, 'msg_' || $3, $4)",
};
static const struct db_statement webhook_begin = {
    "webhook_begin",
    "UPDATE webhook SET state = 'sending', event_time = now(), next_time = now(), "
    "give_up_time = now() + $2 * interval '1 hour' WHERE job_id = $1 AND state = 'waiting'",
};

status_code store_webhook_insert(struct db_tx *tx, const char *job_id, const char *account_id,
                                 const char *url, struct status *st)
{
    char message_id[RANDOM_ID_SIZE];

    random_id(message_id);
    return db_tx_execute(
        tx, &webhook_insert,
        DB_PARAMS(DB_P_TEXT(job_id), DB_P_TEXT(account_id), DB_P_TEXT(message_id), DB_P_TEXT(url)),
        NULL, st);
}

status_code store_webhook_begin(struct db_tx *tx, const char *job_id, struct status *st)
{
    int64_t begun;

    TRY(db_tx_execute(tx, &webhook_begin,
                      DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(WEBHOOK_LIFE_HOURS)), &begun, st));
    if (begun > 0)
        db_tx_notify(tx, STORE_WEBHOOK_CHANNEL, "");
    return STATUS_OK;
}

/* --- the queue --- */

/* By webhook_due, and by webhook_leased whether another one of the account is being posted: a
 * server that is slow keeps its own account waiting, and nobody else. */
static const struct db_statement webhook_claim = {
    "webhook_claim",
    "UPDATE webhook SET lease_token = $1, next_time = now() + $2 * interval '1 millisecond', "
    "attempts = attempts + 1, tries = tries + 1 WHERE job_id = (SELECT job_id FROM webhook AS due "
    "WHERE next_time <= now() AND NOT EXISTS (SELECT FROM webhook AS other "
    "WHERE other.account_id = due.account_id AND other.lease_token IS NOT NULL "
    "AND other.next_time > now()) ORDER BY next_time LIMIT 1 FOR UPDATE SKIP LOCKED) "
    "RETURNING job_id, account_id, message_id, url, event_time, attempts, tries, "
    "(SELECT state FROM job WHERE job.id = webhook.job_id)",
};
static const struct db_statement webhook_wait = {
    "webhook_wait",
    "SELECT (extract(epoch FROM min(next_time) - now()) * 1000)::bigint FROM webhook "
    "WHERE next_time IS NOT NULL",
};

status_code store_webhook_claim(struct db *db, int64_t deadline, int64_t lease_ms,
                                struct arena *arena, struct webhook_task *ret_task, bool *ret_found,
                                struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    char token[RANDOM_ID_SIZE];

    random_id(token);
    TRY(db_query(db, deadline, &webhook_claim, DB_PARAMS(DB_P_TEXT(token), DB_P_INTEGER(lease_ms)),
                 &rows, st));
    if (db_row_count(rows) == 0) {
        *ret_found = false;
        return STATUS_OK;
    }
    struct webhook_task task = {
        .job_id = db_text_copy(rows, 0, 0, arena),
        .account_id = db_text_copy(rows, 0, 1, arena),
        .message_id = db_text_copy(rows, 0, 2, arena),
        .url = db_text_copy(rows, 0, 3, arena),
        .lease_token = arena_strdup(arena, token),
        .event_time = db_time(rows, 0, 4),
        .attempt = (int32_t)db_integer(rows, 0, 5),
        .tries = (int32_t)db_integer(rows, 0, 6),
    };
    if (task.job_id == NULL || task.account_id == NULL || task.message_id == NULL ||
        task.url == NULL || task.lease_token == NULL)
        return FAIL_MEMORY(st);
    if (!job_state_parse(db_text(rows, 0, 7), &task.job_state))
        return FAIL(st, STATUS_INTERNAL, NULL, "a job's state is not known");
    *ret_task = task;
    *ret_found = true;
    return STATUS_OK;
}

status_code store_webhook_wait_ms(struct db *db, int64_t deadline, int64_t *ret_wait_ms,
                                  struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &webhook_wait, DB_NO_PARAMS, &rows, st));
    *ret_wait_ms = db_is_null(rows, 0, 0) ? INT64_MAX : db_integer(rows, 0, 0);
    return STATUS_OK;
}

/* $3: whether it goes on. */
static const struct db_statement webhook_end = {
    "webhook_end",
    "UPDATE webhook SET lease_token = NULL, state = CASE WHEN $3 = 'delivered' THEN 'delivered' "
    "WHEN $3 = 'again' AND now() + $4 * interval '1 millisecond' <= give_up_time THEN 'sending' "
    "ELSE 'failed' END, "
    "next_time = CASE WHEN $3 = 'again' AND now() + $4 * interval '1 millisecond' <= give_up_time "
    "THEN now() + $4 * interval '1 millisecond' END "
    "WHERE job_id = $1 AND lease_token = $2 RETURNING state, " NOTIFY,
};
static const struct db_statement webhook_log = {
    "webhook_log",
    "INSERT INTO webhook_delivery (job_id, attempt, start_time, duration_ms, http_status, error) "
    "VALUES ($1, $2, $3, $4, $5, $6)",
};
static const struct db_statement webhook_log_cut = {
    "webhook_log_cut",
    "DELETE FROM webhook_delivery WHERE job_id = $1 AND attempt <= $2",
};
static const struct db_statement webhook_give_back = {
    "webhook_give_back",
    "UPDATE webhook SET lease_token = NULL, next_time = now(), attempts = attempts - 1, "
    "tries = tries - 1 WHERE job_id = $1 AND lease_token = $2 RETURNING " NOTIFY,
};

struct end {
    const struct webhook_task *task;
    const struct webhook_attempt *attempt;
    bool is_given_up;
};

static status_code end_body(struct db_tx *tx, void *arg, struct status *st)
{
    static const char *const words[] = {
        [WEBHOOK_DELIVERED] = "delivered",
        [WEBHOOK_AGAIN] = "again",
        [WEBHOOK_REFUSED] = "refused",
    };
    struct end *end = arg;
    const struct webhook_task *task = end->task;
    const struct webhook_attempt *attempt = end->attempt;
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    end->is_given_up = false;
    TRY(db_tx_query(tx, &webhook_end,
                    DB_PARAMS(DB_P_TEXT(task->job_id), DB_P_TEXT(task->lease_token),
                              DB_P_TEXT(words[attempt->outcome]), DB_P_INTEGER(attempt->pause_ms)),
                    &rows, st));
    if (db_row_count(rows) == 0)
        return STATUS_OK;
    end->is_given_up = str_equal(db_text(rows, 0, 0), STR("failed"));
    TRY(db_tx_execute(tx, &webhook_log,
                      DB_PARAMS(DB_P_TEXT(task->job_id), DB_P_INTEGER(task->attempt),
                                DB_P_TIME(attempt->start_time), DB_P_INTEGER(attempt->duration_ms),
                                DB_P_INTEGER(attempt->http_status), DB_P_TEXT(attempt->error)),
                      NULL, st));
    return db_tx_execute(
        tx, &webhook_log_cut,
        DB_PARAMS(DB_P_TEXT(task->job_id), DB_P_INTEGER(task->attempt - WEBHOOK_DELIVERIES_MAX)),
        NULL, st);
}

status_code store_webhook_end(struct db *db, int64_t deadline, const struct webhook_task *task,
                              const struct webhook_attempt *attempt, bool *ret_given_up,
                              struct status *st)
{
    struct end end = {task, attempt, false};

    TRY(db_run(db, deadline, end_body, &end, st));
    *ret_given_up = end.is_given_up;
    return STATUS_OK;
}

status_code store_webhook_give_back(struct db *db, int64_t deadline,
                                    const struct webhook_task *task, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *notified = NULL;

    return db_query(db, deadline, &webhook_give_back,
                    DB_PARAMS(DB_P_TEXT(task->job_id), DB_P_TEXT(task->lease_token)), &notified,
                    st);
}

/* --- for its owner --- */

static const struct db_statement webhook_get = {
    "webhook_get",
    "SELECT message_id, url, state, next_time FROM webhook WHERE job_id = $1",
};
static const struct db_statement webhook_deliveries = {
    "webhook_deliveries",
    "SELECT attempt, start_time, duration_ms, http_status, error FROM webhook_delivery "
    "WHERE job_id = $1 ORDER BY attempt DESC LIMIT $2",
};
/* By job_of_account. */
static const struct db_statement webhook_list = {
    "webhook_list",
    "SELECT job.id, job.number FROM job JOIN webhook ON webhook.job_id = job.id "
    "WHERE job.account_id = $1 AND job.number < $2 AND NOT job.is_deleted "
    "ORDER BY job.number DESC LIMIT $3",
};
/* One that is being posted goes on as it is. */
static const struct db_statement webhook_resend = {
    "webhook_resend",
    "UPDATE webhook SET state = 'sending', tries = 0, "
    "give_up_time = now() + $2 * interval '1 hour', "
    "next_time = CASE WHEN lease_token IS NULL THEN now() ELSE next_time END "
    "WHERE job_id = $1 AND state <> 'waiting' RETURNING " NOTIFY,
};

static status_code fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "WEBHOOK_NOT_FOUND",
                "the job was submitted without a webhook_url");
}

static status_code read_deliveries(struct db *db, int64_t deadline, const char *job_id,
                                   struct arena *arena, struct webhook *webhook, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &webhook_deliveries,
                 DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(WEBHOOK_DELIVERIES_MAX)), &rows, st));
    size_t count = db_row_count(rows);
    struct webhook_delivery *deliveries =
        ARENA_NEW_ARRAY(arena, struct webhook_delivery, count + 1);
    if (deliveries == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        deliveries[i] = (struct webhook_delivery){
            .attempt = (int32_t)db_integer(rows, i, 0),
            .start_time = db_time(rows, i, 1),
            .duration_ms = db_integer(rows, i, 2),
            .http_status = (int)db_integer(rows, i, 3),
            .error = db_text_copy(rows, i, 4, arena),
        };
        if (deliveries[i].error == NULL)
            return FAIL_MEMORY(st);
    }
    webhook->deliveries = deliveries;
    webhook->delivery_count = count;
    return STATUS_OK;
}

status_code store_webhook_get(struct db *db, int64_t deadline, const char *job_id,
                              struct arena *arena, struct webhook *ret_webhook, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &webhook_get, DB_PARAMS(DB_P_TEXT(job_id)), &rows, st));
    if (db_row_count(rows) == 0)
        return fail_not_found(st);
    struct webhook webhook = {
        .job_id = arena_strdup(arena, job_id),
        .message_id = db_text_copy(rows, 0, 0, arena),
        .url = db_text_copy(rows, 0, 1, arena),
        .state = db_text_copy(rows, 0, 2, arena),
        .next_attempt_time = db_is_null(rows, 0, 3) ? 0 : db_time(rows, 0, 3),
    };
    if (webhook.job_id == NULL || webhook.message_id == NULL || webhook.url == NULL ||
        webhook.state == NULL)
        return FAIL_MEMORY(st);
    TRY(read_deliveries(db, deadline, job_id, arena, &webhook, st));
    *ret_webhook = webhook;
    return STATUS_OK;
}

status_code store_webhook_list(struct db *db, int64_t deadline, const char *account_id,
                               int64_t before_number, struct webhook_list *ret_list,
                               struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &webhook_list,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_INTEGER(before_number),
                           DB_P_INTEGER(WEBHOOK_LIST_MAX)),
                 &rows, st));
    ret_list->count = db_row_count(rows);
    for (size_t i = 0; i < ret_list->count; i++) {
        struct str id = db_text(rows, i, 0);

        (void)snprintf(ret_list->job_ids[i], JOB_ID_SIZE, "%.*s", (int)id.n, id.p);
        ret_list->last_number = db_integer(rows, i, 1);
    }
    return STATUS_OK;
}

status_code store_webhook_resend(struct db *db, int64_t deadline, const char *job_id,
                                 struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    _cleanup_(db_rows_freep) struct db_rows *found = NULL;

    TRY(db_query(db, deadline, &webhook_resend,
                 DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(WEBHOOK_LIFE_HOURS)), &rows, st));
    if (db_row_count(rows) > 0)
        return STATUS_OK;
    TRY(db_query(db, deadline, &webhook_get, DB_PARAMS(DB_P_TEXT(job_id)), &found, st));
    if (db_row_count(found) == 0)
        return fail_not_found(st);
    return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                "the job has not ended: there is nothing to tell yet");
}

/* --- secrets --- */

#define SECRET_COLUMNS                                                                             \
    "secret, create_time, CASE WHEN previous_expire_time > now() THEN previous_secret END, "       \
    "CASE WHEN previous_expire_time > now() THEN previous_expire_time END"

static const struct db_statement secret_get = {
    "secret_get",
    "SELECT " SECRET_COLUMNS " FROM webhook_secret WHERE account_id = $1",
};
static const struct db_statement secret_insert = {
    "secret_insert",
    "INSERT INTO webhook_secret (account_id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING",
};
static const struct db_statement secret_rotate = {
    "secret_rotate",
    "INSERT INTO webhook_secret (account_id, secret) VALUES ($1, $2) "
    "ON CONFLICT (account_id) DO UPDATE SET previous_secret = webhook_secret.secret, "
    "previous_expire_time = now() + $3 * interval '1 hour', secret = $2, create_time = now() "
    "RETURNING " SECRET_COLUMNS,
};
static const struct db_statement secret_forget = {
    "secret_forget",
    "DELETE FROM webhook_secret WHERE account_id = $1",
};

static status_code read_secret(const struct db_rows *rows, struct arena *arena,
                               struct webhook_secret *ret_secret, struct status *st)
{
    bool has_previous = !db_is_null(rows, 0, 2);
    struct webhook_secret secret = {
        .secret = db_text_copy(rows, 0, 0, arena),
        .create_time = db_time(rows, 0, 1),
        .previous_secret = has_previous ? db_text_copy(rows, 0, 2, arena) : NULL,
        .previous_expire_time = has_previous ? db_time(rows, 0, 3) : 0,
    };

    if (secret.secret == NULL || (has_previous && secret.previous_secret == NULL))
        return FAIL_MEMORY(st);
    *ret_secret = secret;
    return STATUS_OK;
}

status_code store_webhook_secret(struct db *db, int64_t deadline, const char *account_id,
                                 const char *fresh, struct arena *arena,
                                 struct webhook_secret *ret_secret, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const struct db_param account = DB_P_TEXT(account_id);

    TRY(db_query(db, deadline, &secret_get, DB_PARAMS(account), &rows, st));
    if (db_row_count(rows) == 0) {
        TRY(db_execute(db, deadline, &secret_insert, DB_PARAMS(account, DB_P_TEXT(fresh)), NULL,
                       st));
        db_rows_freep(&rows);
        TRY(db_query(db, deadline, &secret_get, DB_PARAMS(account), &rows, st));
    }
    if (db_row_count(rows) == 0)
        return FAIL(st, STATUS_ABORTED, NULL, "the account is being deleted");
    return read_secret(rows, arena, ret_secret, st);
}

status_code store_webhook_secret_rotate(struct db *db, int64_t deadline, const char *account_id,
                                        const char *fresh, struct arena *arena,
                                        struct webhook_secret *ret_secret, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &secret_rotate,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(fresh),
                           DB_P_INTEGER(WEBHOOK_SECRET_OVERLAP_HOURS)),
                 &rows, st));
    return read_secret(rows, arena, ret_secret, st);
}

status_code store_webhook_secret_forget(struct db *db, int64_t deadline, const char *account_id,
                                        struct status *st)
{
    return db_execute(db, deadline, &secret_forget, DB_PARAMS(DB_P_TEXT(account_id)), NULL, st);
}
