#include "services/billing/sign_in/store_session.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

/* --- attempts --- */

/* By the primary key. */
static const struct db_statement attempt_spend_one = {
    "attempt_spend",
    "INSERT INTO attempt AS a (key, paid_time) "
    "VALUES ($1, $2::timestamptz + $3 * interval '1 millisecond') "
    "ON CONFLICT (key) DO UPDATE "
    "SET paid_time = greatest(a.paid_time, $2) + $3 * interval '1 millisecond' "
    "WHERE a.paid_time <= $2::timestamptz + $4 * interval '1 millisecond'",
};
static const struct db_statement attempt_paid_time = {
    "attempt_paid_time",
    "SELECT paid_time FROM attempt WHERE key = $1",
};
static const struct db_statement attempt_refund_one = {
    "attempt_refund",
    "UPDATE attempt SET paid_time = paid_time - $2 * interval '1 millisecond' WHERE key = $1",
};
static const struct db_statement attempt_clear_all = {
    "attempt_clear",
    "DELETE FROM attempt WHERE key = $1",
};
/* By attempt_paid. */
static const struct db_statement attempt_forget_paid = {
    "attempt_forget",
    "DELETE FROM attempt WHERE paid_time < $1",
};

status_code store_attempt_spend(struct db *db, int64_t deadline, const char *key, int64_t now,
                                int64_t interval_ms, int64_t window_ms, bool *ret_spent,
                                int64_t *ret_paid_time, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int64_t spent;

    TRY(db_execute(db, deadline, &attempt_spend_one,
                   DB_PARAMS(DB_P_TEXT(key), DB_P_TIME(now), DB_P_INTEGER(interval_ms),
                             DB_P_INTEGER(window_ms)),
                   &spent, st));
    if (spent == 0)
        TRY(db_query(db, deadline, &attempt_paid_time, DB_PARAMS(DB_P_TEXT(key)), &rows, st));
    *ret_spent = spent > 0;
    /* It may have been forgotten in between. */
    *ret_paid_time = rows != NULL && db_row_count(rows) > 0 ? db_time(rows, 0, 0) : now;
    return STATUS_OK;
}

status_code store_attempt_refund(struct db *db, int64_t deadline, const char *key,
                                 int64_t interval_ms, struct status *st)
{
    return db_execute(db, deadline, &attempt_refund_one,
                      DB_PARAMS(DB_P_TEXT(key), DB_P_INTEGER(interval_ms)), NULL, st);
}

status_code store_attempt_clear(struct db_tx *tx, const char *key, struct status *st)
{
    return db_tx_execute(tx, &attempt_clear_all, DB_PARAMS(DB_P_TEXT(key)), NULL, st);
}

status_code store_attempt_forget(struct db *db, int64_t deadline, int64_t now, struct status *st)
{
    return db_execute(db, deadline, &attempt_forget_paid, DB_PARAMS(DB_P_TIME(now)), NULL, st);
}

/* --- passwords --- */

/* By account_email_key. */
static const struct db_statement password_by_email = {
    "password_by_email",
    "SELECT id, password_hash FROM account WHERE email_key = $1",
};
/* By the primary key. */
static const struct db_statement password_holds = {
    "password_holds",
    "SELECT EXISTS (SELECT FROM account WHERE id = $1 AND password_hash = $2)",
};
static const struct db_statement password_update = {
    "password_update",
    "UPDATE account SET password_hash = $2 WHERE id = $1",
};

status_code store_password_find(struct db *db, int64_t deadline, const char *email_key,
                                struct store_password *ret_password, bool *ret_found,
                                struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &password_by_email, DB_PARAMS(DB_P_TEXT(email_key)), &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return STATUS_OK;
    store_copy_text(ret_password->account_id, sizeof(ret_password->account_id),
                    db_text(rows, 0, 0));
    store_copy_text(ret_password->hash, sizeof(ret_password->hash), db_text(rows, 0, 1));
    return STATUS_OK;
}

status_code store_password_holds(struct db_tx *tx, const struct store_password *password,
                                 bool *ret_holds, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &password_holds,
                    DB_PARAMS(DB_P_TEXT(password->account_id), DB_P_TEXT(password->hash)), &rows,
                    st));
    *ret_holds = db_boolean(rows, 0, 0);
    return STATUS_OK;
}

status_code store_password_change(struct db_tx *tx, const char *account_id,
                                  const char *password_hash, struct status *st)
{
    return db_tx_execute(tx, &password_update,
                         DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(password_hash)), NULL, st);
}

/* --- sign-ins --- */

#define HASH_PARAM(hash) DB_P_BYTES((const char *)(hash), TOKEN_HASH_SIZE)

static const struct db_statement session_insert = {
    "session_insert",
    "INSERT INTO session (hash, account_id, create_time, expire_time) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (hash) DO NOTHING",
};
/* By session_account. */
static const struct db_statement session_delete_oldest = {
    "session_delete_oldest",
    "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE account_id = $1 "
    "ORDER BY create_time DESC OFFSET $2)",
};
/* By session_pkey. */
static const struct db_statement session_delete = {
    "session_delete",
    "DELETE FROM session WHERE hash = $1 AND expire_time > $2",
};
/* By session_account. */
static const struct db_statement session_delete_others = {
    "session_delete_others",
    "DELETE FROM session WHERE account_id = $1 AND hash IS DISTINCT FROM $2",
};
/* By session_expire. */
static const struct db_statement session_forget = {
    "session_forget",
    "DELETE FROM session WHERE expire_time <= $1",
};

status_code store_session_insert(struct db_tx *tx, const char *account_id,
                                 const unsigned char *hash, int64_t create_time,
                                 int64_t expire_time, int64_t sessions_max, struct status *st)
{
    TRY(db_tx_execute(tx, &session_insert,
                      DB_PARAMS(HASH_PARAM(hash), DB_P_TEXT(account_id), DB_P_TIME(create_time),
                                DB_P_TIME(expire_time)),
                      NULL, st));
    return db_tx_execute(tx, &session_delete_oldest,
                         DB_PARAMS(DB_P_TEXT(account_id), DB_P_INTEGER(sessions_max)), NULL, st);
}

status_code store_session_delete(struct db *db, int64_t deadline, const unsigned char *hash,
                                 int64_t now, bool *ret_found, struct status *st)
{
    int64_t deleted;

    TRY(db_execute(db, deadline, &session_delete, DB_PARAMS(HASH_PARAM(hash), DB_P_TIME(now)),
                   &deleted, st));
    *ret_found = deleted > 0;
    return STATUS_OK;
}

status_code store_session_delete_others(struct db_tx *tx, const char *account_id,
                                        const unsigned char *but_hash, struct status *st)
{
    return db_tx_execute(
        tx, &session_delete_others,
        DB_PARAMS(DB_P_TEXT(account_id), but_hash == NULL ? DB_P_NULL : HASH_PARAM(but_hash)), NULL,
        st);
}

status_code store_session_forget(struct db *db, int64_t deadline, int64_t now, struct status *st)
{
    return db_execute(db, deadline, &session_forget, DB_PARAMS(DB_P_TIME(now)), NULL, st);
}
