#include "services/billing/accounts/store_token.h"

#include "lib/db/db.h"
#include "services/billing/store_row.h"

#define HASH_PARAM(hash) DB_P_BYTES((const char *)(hash), TOKEN_HASH_SIZE)
#define TOKEN_COLUMNS    "id, name, hint, create_time, last_used_time"

static const struct db_statement account_token_insert = {
    "account_token_insert",
    "INSERT INTO token (id, account_id, name, hint, hash, create_time) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
};
/* By token_account. */
static const struct db_statement token_count = {
    "token_count",
    "SELECT count(*) FROM token WHERE account_id = $1",
};
/* By token_account; an account has few. */
static const struct db_statement token_list = {
    "token_list",
    "SELECT " TOKEN_COLUMNS " FROM token WHERE account_id = $1 AND (create_time, id) < ($2, $3) "
    "ORDER BY create_time DESC, id DESC LIMIT $4",
};
/* By the primary key. */
static const struct db_statement token_rotate = {
    "token_rotate",
    "UPDATE token SET hash = $3, hint = $4, create_time = $5, last_used_time = NULL "
    "WHERE id = $2 AND account_id = $1 RETURNING " TOKEN_COLUMNS,
};
static const struct db_statement token_delete = {
    "token_delete",
    "DELETE FROM token WHERE id = $2 AND account_id = $1",
};

static void read_token(const struct db_rows *rows, size_t row, struct account_token *ret_token)
{
    store_copy_text(ret_token->id, sizeof(ret_token->id), db_text(rows, row, 0));
    store_copy_text(ret_token->name, sizeof(ret_token->name), db_text(rows, row, 1));
    store_copy_text(ret_token->hint, sizeof(ret_token->hint), db_text(rows, row, 2));
    ret_token->create_time = db_time(rows, row, 3);
    ret_token->last_used_time = db_time(rows, row, 4);
}

status_code store_token_insert(struct db_tx *tx, const char *account_id,
                               const struct account_token *token, const unsigned char *hash,
                               struct status *st)
{
    return db_tx_execute(tx, &account_token_insert,
                         DB_PARAMS(DB_P_TEXT(token->id), DB_P_TEXT(account_id),
                                   DB_P_TEXT(token->name), DB_P_TEXT(token->hint), HASH_PARAM(hash),
                                   DB_P_TIME(token->create_time)),
                         NULL, st);
}

status_code store_token_count(struct db_tx *tx, const char *account_id, int64_t *ret_count,
                              struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_tx_query(tx, &token_count, DB_PARAMS(DB_P_TEXT(account_id)), &rows, st));
    *ret_count = db_integer(rows, 0, 0);
    return STATUS_OK;
}

status_code store_token_list(struct db *db, int64_t deadline, const char *account_id,
                             int64_t before_time, const char *before_id, size_t count_max,
                             struct account_token *ret_tokens, size_t *ret_count, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &token_list,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TIME(before_time), DB_P_TEXT(before_id),
                           DB_P_INTEGER((int64_t)count_max)),
                 &rows, st));
    for (size_t i = 0; i < db_row_count(rows); i++)
        read_token(rows, i, &ret_tokens[i]);
    *ret_count = db_row_count(rows);
    return STATUS_OK;
}

status_code store_token_rotate(struct db *db, int64_t deadline, const char *account_id,
                               const char *id, const char *hint, const unsigned char *hash,
                               int64_t now, struct account_token *ret_token, bool *ret_found,
                               struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &token_rotate,
                 DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(id), HASH_PARAM(hash), DB_P_TEXT(hint),
                           DB_P_TIME(now)),
                 &rows, st));
    *ret_found = db_row_count(rows) > 0;
    if (*ret_found)
        read_token(rows, 0, ret_token);
    return STATUS_OK;
}

status_code store_token_delete(struct db *db, int64_t deadline, const char *account_id,
                               const char *id, bool *ret_found, struct status *st)
{
    int64_t deleted;

    TRY(db_execute(db, deadline, &token_delete, DB_PARAMS(DB_P_TEXT(account_id), DB_P_TEXT(id)),
                   &deleted, st));
    *ret_found = deleted > 0;
    return STATUS_OK;
}
