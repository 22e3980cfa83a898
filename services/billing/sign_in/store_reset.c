#include "services/billing/sign_in/store_reset.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

#define HASH_PARAM(hash) DB_P_BYTES((const char *)(hash), TOKEN_HASH_SIZE)

static const struct db_statement request_insert = {
    "reset_request_insert",
    "INSERT INTO reset_request (email_key, create_time, next_time) VALUES ($1, $2, $2)",
};
/* By reset_request_next and account_email_key. */
static const struct db_statement request_claim = {
    "reset_request_claim",
    "WITH claimed AS (UPDATE reset_request SET tries = tries + 1, next_time = $2 "
    "WHERE id = (SELECT id FROM reset_request WHERE next_time <= $1 ORDER BY next_time LIMIT 1 "
    "FOR UPDATE SKIP LOCKED) RETURNING *) "
    "SELECT claimed.id, account.id, account.email, claimed.tries, claimed.create_time "
    "FROM claimed LEFT JOIN account USING (email_key)",
};
/* By the primary key. */
static const struct db_statement request_put_off = {
    "reset_request_put_off",
    "UPDATE reset_request SET next_time = $2 WHERE id = $1",
};
static const struct db_statement request_delete = {
    "reset_request_delete",
    "DELETE FROM reset_request WHERE id = $1",
};
static const struct db_statement code_insert = {
    "reset_code_insert",
    "INSERT INTO reset_code (hash, account_id, expire_time) VALUES ($1, $2, $3)",
};
static const struct db_statement code_find = {
    "reset_code_find",
    "SELECT account.id, account.email FROM reset_code JOIN account ON account.id = account_id "
    "WHERE hash = $1 AND expire_time > $2",
};
static const struct db_statement code_delete = {
    "reset_code_delete",
    "DELETE FROM reset_code WHERE hash = $1 AND expire_time > $2",
};
/* By reset_code_account. */
static const struct db_statement code_delete_others = {
    "reset_code_delete_others",
    "DELETE FROM reset_code WHERE account_id = $1",
};
/* By reset_code_expire. */
static const struct db_statement code_forget = {
    "reset_code_forget",
    "DELETE FROM reset_code WHERE expire_time <= $1",
};

status_code store_reset_request(struct db *db, int64_t deadline, const char *email_key, int64_t now,
                                struct status *st)
{
    return db_execute(db, deadline, &request_insert,
                      DB_PARAMS(DB_P_TEXT(email_key), DB_P_TIME(now)), NULL, st);
}

status_code store_reset_claim(struct db *db, int64_t deadline, int64_t now, int64_t until,
                              struct store_reset *ret_reset, bool *ret_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &request_claim, DB_PARAMS(DB_P_TIME(now), DB_P_TIME(until)), &rows,
                 st));
    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return STATUS_OK;
    ret_reset->id = db_integer(rows, 0, 0);
    store_copy_text(ret_reset->account_id, sizeof(ret_reset->account_id), db_text(rows, 0, 1));
    store_copy_text(ret_reset->email, sizeof(ret_reset->email), db_text(rows, 0, 2));
    ret_reset->tries = (int32_t)db_integer(rows, 0, 3);
    ret_reset->create_time = db_time(rows, 0, 4);
    return STATUS_OK;
}

status_code store_reset_put_off(struct db *db, int64_t deadline, int64_t id, int64_t until,
                                struct status *st)
{
    return db_execute(db, deadline, &request_put_off, DB_PARAMS(DB_P_INTEGER(id), DB_P_TIME(until)),
                      NULL, st);
}

status_code store_reset_request_delete(struct db *db, int64_t deadline, int64_t id,
                                       struct status *st)
{
    return db_execute(db, deadline, &request_delete, DB_PARAMS(DB_P_INTEGER(id)), NULL, st);
}

status_code store_reset_code_insert(struct db *db, int64_t deadline, const unsigned char *hash,
                                    const char *account_id, int64_t expire_time, struct status *st)
{
    return db_execute(db, deadline, &code_insert,
                      DB_PARAMS(HASH_PARAM(hash), DB_P_TEXT(account_id), DB_P_TIME(expire_time)),
                      NULL, st);
}

status_code store_reset_code_find(struct db *db, int64_t deadline, const unsigned char *hash,
                                  int64_t now, char ret_account_id[static UUID_SIZE],
                                  char ret_email[static EMAIL_SIZE], bool *ret_found,
                                  struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &code_find, DB_PARAMS(HASH_PARAM(hash), DB_P_TIME(now)), &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (!*ret_found)
        return STATUS_OK;
    store_copy_text(ret_account_id, UUID_SIZE, db_text(rows, 0, 0));
    store_copy_text(ret_email, EMAIL_SIZE, db_text(rows, 0, 1));
    return STATUS_OK;
}

status_code store_reset_code_use(struct db_tx *tx, const unsigned char *hash,
                                 const char *account_id, int64_t now, bool *ret_good,
                                 struct status *st)
{
    int64_t deleted;

    TRY(db_tx_execute(tx, &code_delete, DB_PARAMS(HASH_PARAM(hash), DB_P_TIME(now)), &deleted, st));
    TRY(db_tx_execute(tx, &code_delete_others, DB_PARAMS(DB_P_TEXT(account_id)), NULL, st));
    *ret_good = deleted > 0;
    return STATUS_OK;
}

status_code store_reset_forget(struct db *db, int64_t deadline, int64_t now, struct status *st)
{
    return db_execute(db, deadline, &code_forget, DB_PARAMS(DB_P_TIME(now)), NULL, st);
}
