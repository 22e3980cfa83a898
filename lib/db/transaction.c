#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/pool.h"
#include "lib/db/rows.h"
#include "lib/log/log.h"

enum {
    BEGIN_ATTEMPTS_MAX = 3, /* on connections that turn out to be dead */
    RUN_ATTEMPTS_MAX = 10,
    RUN_PAUSE_MAX_MS = 500,
    ROLLBACK_TIMEOUT_MS = 5000,
    NOTIFY_TIMEOUT_MS = 2000,
};

struct db_tx {
    struct db *db;
    struct db_connection *connection;
    int64_t deadline;
    bool is_repeatable; /* a statement failed in a way that a repetition may cure */
    int notification_count;
    struct {
        const char *channel;
        char payload[DB_NOTIFY_PAYLOAD_SIZE];
    } notifications[DB_NOTIFICATIONS_MAX]; /* for when it is committed */
};

static void note_failure(struct db_tx *tx, status_code code)
{
    if (code == STATUS_ABORTED || code == STATUS_UNAVAILABLE)
        tx->is_repeatable = true;
}

/* BEGIN on a connection that lives; until then nothing has happened that could not be repeated. */
static status_code begin(struct db_tx *tx, struct status *st)
{
    for (int attempt = 1;; attempt++) {
        struct db_connection *connection;
        TRY(db_pool_acquire(tx->db, tx->deadline, &connection, st));
        status_code code = db_connection_command(connection, tx->deadline, "BEGIN", st);
        if (code == STATUS_OK) {
            tx->connection = connection;
            return STATUS_OK;
        }
        db_pool_release(tx->db, connection);
        if (code != STATUS_UNAVAILABLE || attempt >= BEGIN_ATTEMPTS_MAX)
            return code;
    }
}

status_code db_tx_begin(struct db *db, int64_t deadline, struct db_tx **ret_tx, struct status *st)
{
    _cleanup_(db_tx_freep) struct db_tx *tx = calloc(1, sizeof(*tx));

    if (tx == NULL)
        return FAIL_MEMORY(st);
    tx->db = db;
    tx->deadline = deadline;
    TRY(begin(tx, st));
    *ret_tx = TAKE(tx);
    return STATUS_OK;
}

void db_tx_notify(struct db_tx *tx, const char *channel, const char *payload)
{
    assert(tx->notification_count < DB_NOTIFICATIONS_MAX);
    assert(strlen(payload) < DB_NOTIFY_PAYLOAD_SIZE);
    tx->notifications[tx->notification_count].channel = channel;
    (void)strcpy(tx->notifications[tx->notification_count].payload, payload);
    tx->notification_count++;
}

/* The commit stands, whatever becomes of this. */
static void notify(struct db_tx *tx)
{
    static const struct db_statement statement = {
        "db_notify",
        "SELECT pg_notify($1, $2)::text, set_config('synchronous_commit', 'off', true)",
    };

    for (int i = 0; i < tx->notification_count; i++) {
        _cleanup_(db_result_clearp) PGresult *result = NULL;
        struct status failure = {0};

        if (db_connection_run(tx->connection, time_mono_after_ms(NOTIFY_TIMEOUT_MS), &statement,
                              DB_PARAMS(DB_P_TEXT(tx->notifications[i].channel),
                                        DB_P_TEXT(tx->notifications[i].payload)),
                              &result, &failure) == STATUS_OK)
            continue;
        log_failure(LOG_WARNING, "a notification was lost", &failure,
                    LOG_STRING("channel", tx->notifications[i].channel));
        tx->connection->is_broken = true; /* whatever state it is in */
        return;
    }
}

status_code db_tx_commit(struct db_tx *tx, struct status *st)
{
    if (PQtransactionStatus(tx->connection->pg) == PQTRANS_INERROR)
        return FAIL(st, STATUS_INTERNAL, NULL,
                    "a transaction with a failed statement is not committed");
    status_code code = db_connection_command(tx->connection, tx->deadline, "COMMIT", st);
    note_failure(tx, code);
    if (code == STATUS_OK)
        notify(tx);
    return code;
}

void db_tx_free(struct db_tx *tx)
{
    struct status ignored = {0};

    if (tx == NULL)
        return;
    if (tx->connection != NULL) {
        /* What cannot be rolled back is closed by the pool, and rolled back by that. */
        if (!tx->connection->is_broken && PQtransactionStatus(tx->connection->pg) != PQTRANS_IDLE &&
            db_connection_command(tx->connection, time_mono_after_ms(ROLLBACK_TIMEOUT_MS),
                                  "ROLLBACK", &ignored) != STATUS_OK)
            tx->connection->is_broken = true;
        db_pool_release(tx->db, tx->connection);
    }
    free(tx);
}

static int64_t affected_rows(PGresult *result)
{
    int64_t count = 0;

    (void)str_to_int64(str_of(PQcmdTuples(result)), &count);
    return count;
}

status_code db_tx_query(struct db_tx *tx, const struct db_statement *statement,
                        const struct db_param *params, size_t param_count,
                        struct db_rows **ret_rows, struct status *st)
{
    PGresult *result;
    status_code code = db_connection_run(tx->connection, tx->deadline, statement, params,
                                         param_count, &result, st);

    note_failure(tx, code);
    if (code != STATUS_OK)
        return code;
    return db_rows_new(result, ret_rows, st);
}

status_code db_tx_execute(struct db_tx *tx, const struct db_statement *statement,
                          const struct db_param *params, size_t param_count, int64_t *ret_affected,
                          struct status *st)
{
    _cleanup_(db_result_clearp) PGresult *result = NULL;
    status_code code = db_connection_run(tx->connection, tx->deadline, statement, params,
                                         param_count, &result, st);

    note_failure(tx, code);
    if (code == STATUS_OK && ret_affected != NULL)
        *ret_affected = affected_rows(result);
    return code;
}

static status_code run_alone(struct db *db, int64_t deadline, const struct db_statement *statement,
                             const struct db_param *params, size_t param_count,
                             PGresult **ret_result, struct status *st)
{
    struct db_connection *connection;

    TRY(db_pool_acquire(db, deadline, &connection, st));
    status_code code =
        db_connection_run(connection, deadline, statement, params, param_count, ret_result, st);
    db_pool_release(db, connection);
    return code;
}

status_code db_query(struct db *db, int64_t deadline, const struct db_statement *statement,
                     const struct db_param *params, size_t param_count, struct db_rows **ret_rows,
                     struct status *st)
{
    PGresult *result;

    TRY(run_alone(db, deadline, statement, params, param_count, &result, st));
    return db_rows_new(result, ret_rows, st);
}

status_code db_execute(struct db *db, int64_t deadline, const struct db_statement *statement,
                       const struct db_param *params, size_t param_count, int64_t *ret_affected,
                       struct status *st)
{
    _cleanup_(db_result_clearp) PGresult *result = NULL;

    TRY(run_alone(db, deadline, statement, params, param_count, &result, st));
    if (ret_affected != NULL)
        *ret_affected = affected_rows(result);
    return STATUS_OK;
}

/* One attempt of db_run(). */
static status_code run_once(struct db *db, int64_t deadline,
                            status_code (*body)(struct db_tx *tx, void *arg, struct status *st),
                            void *arg, bool *ret_is_repeatable, struct status *st)
{
    _cleanup_(db_tx_freep) struct db_tx *tx = NULL;

    *ret_is_repeatable = false;
    TRY(db_tx_begin(db, deadline, &tx, st));
    status_code code = body(tx, arg, st);
    if (code == STATUS_OK)
        code = db_tx_commit(tx, st);
    *ret_is_repeatable = tx->is_repeatable;
    return code;
}

status_code db_run(struct db *db, int64_t deadline,
                   status_code (*body)(struct db_tx *tx, void *arg, struct status *st), void *arg,
                   struct status *st)
{
    for (int attempt = 1;; attempt++) {
        bool is_repeatable;
        status_code code = run_once(db, deadline, body, arg, &is_repeatable, st);
        /* The code is looked at, too: `body` may have turned the failure into an answer. */
        if (code != STATUS_ABORTED && code != STATUS_UNAVAILABLE)
            return code;
        if (!is_repeatable || attempt >= RUN_ATTEMPTS_MAX || time_mono() >= deadline)
            return code;
        db_back_off(attempt - 1, RUN_PAUSE_MAX_MS, deadline);
    }
}
