#include "services/billing/accounts/store_deletion.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

/* By their indexes of account_id. */
static const struct db_statement deletion_erase[] = {
    {"deletion_tokens", "DELETE FROM token WHERE account_id = $1"},
    {"deletion_sessions", "DELETE FROM session WHERE account_id = $1"},
    {"deletion_reset_codes", "DELETE FROM reset_code WHERE account_id = $1"},
    {"deletion_reset_requests",
     "DELETE FROM reset_request WHERE email_key = (SELECT email_key FROM account WHERE id = $1)"},
    {"deletion_questions", "DELETE FROM question WHERE account_id = $1"},
    {"deletion_question_days", "DELETE FROM question_day WHERE account_id = $1"},
    {"deletion_account", "UPDATE account SET standing = 'deleted', email = NULL, email_key = NULL, "
                         "password_hash = NULL WHERE id = $1"},
};

static const struct db_statement purge_insert = {
    "purge_insert",
    "INSERT INTO account_purge (account_id, service, create_time) VALUES ($1, $2, $3) "
    "ON CONFLICT (account_id, service) DO NOTHING",
};
/* By account_purge_next and reservation_open. */
static const struct db_statement purge_list = {
    "purge_list",
    "SELECT account_id, NOT EXISTS (SELECT FROM reservation WHERE state = 'open' "
    "AND principal_key = p.account_id::text) FROM account_purge AS p WHERE service = $1 "
    "ORDER BY create_time LIMIT $2",
};
/* By reservation_open. */
static const struct db_statement purge_is_settled = {
    "purge_is_settled",
    "SELECT NOT EXISTS (SELECT FROM reservation WHERE state = 'open' AND principal_key = $1)",
};
/* By the primary key. */
static const struct db_statement purge_delete = {
    "purge_delete",
    "DELETE FROM account_purge WHERE account_id = $1 AND service = $2",
};
static const struct db_statement purge_is_over = {
    "purge_is_over",
    "SELECT NOT EXISTS (SELECT FROM account_purge WHERE account_id = $1)",
};

status_code store_deletion_begin(struct db_tx *tx, const char *account_id, struct status *st)
{
    for (size_t i = 0; i < ARRAY_LENGTH(deletion_erase); i++)
        TRY(db_tx_execute(tx, &deletion_erase[i], DB_PARAMS(DB_P_TEXT(account_id)), NULL, st));
    return STATUS_OK;
}

status_code store_purge_insert(struct db_tx *tx, const char *account_id, const char *service,
                               int64_t now, struct status *st)
{
    return db_tx_execute(tx, &purge_insert,
                         DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(service), DB_P_TIME(now)), NULL,
                         st);
}

status_code store_purge_list(struct db *db, int64_t deadline, const char *service, size_t limit,
                             struct account_deleted *ret_list, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &purge_list,
                 DB_PARAMS(DB_P_TEXT(service), DB_P_INTEGER((int64_t)limit)), &rows, st));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        store_copy_text(ret_list[i].account_id, UUID_SIZE, db_text(rows, i, 0));
        ret_list[i].is_settled = db_boolean(rows, i, 1);
    }
    *ret_count = db_row_count(rows);
    return STATUS_OK;
}

status_code store_purge_delete(struct db_tx *tx, const char *account_id, const char *service,
                               bool *ret_settled, bool *ret_is_last, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *settled = NULL;
    _cleanup_(db_rows_freep) struct db_rows *over = NULL;

    TRY(db_tx_query(tx, &purge_is_settled, DB_PARAMS(DB_P_TEXT(account_id)), &settled, st));
    *ret_settled = db_boolean(settled, 0, 0);
    *ret_is_last = false;
    if (!*ret_settled)
        return STATUS_OK;
    TRY(db_tx_execute(tx, &purge_delete, DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(service)), NULL,
                      st));
    TRY(db_tx_query(tx, &purge_is_over, DB_PARAMS(DB_P_TEXT(account_id)), &over, st));
    *ret_is_last = db_boolean(over, 0, 0);
    return STATUS_OK;
}
