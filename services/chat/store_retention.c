#include "services/chat/store_retention.h"

#include "lib/db/db.h"

enum { ID_LIST_MAX_BYTES = 1 << 20 };

/* By conversation_expire and document_index_expire; messages and parts follow by their keys. */
static const struct db_statement expired_delete = {
    "expired_delete",
    "WITH conversations AS (DELETE FROM conversation WHERE expire_time <= now() RETURNING 1), "
    "indexes AS (DELETE FROM document_index WHERE expire_time <= now() RETURNING 1) "
    "SELECT (SELECT count(*) FROM conversations) + (SELECT count(*) FROM indexes)",
};

/* By conversation_account and document_index_account. */
static const struct db_statement account_delete = {
    "account_delete",
    "WITH conversations AS (DELETE FROM conversation WHERE account_id = $1) "
    "DELETE FROM document_index WHERE account_id = $1",
};

/* By the primary key and the unique (job_id, account_id). $1: "{id,id}". */
static const struct db_statement jobs_delete = {
    "jobs_delete",
    "WITH conversations AS (DELETE FROM conversation WHERE job_id = ANY ($1::text[])) "
    "DELETE FROM document_index WHERE job_id = ANY ($1::text[])",
};

/* Both halves by an index, in its order. */
static const struct db_statement job_list = {
    "job_list",
    "(SELECT DISTINCT job_id FROM conversation WHERE job_id > $1 ORDER BY job_id LIMIT $2) "
    "UNION (SELECT job_id FROM document_index WHERE job_id > $1 ORDER BY job_id LIMIT $2) "
    "ORDER BY job_id LIMIT $2",
};

status_code store_delete_expired(struct db *db, int64_t deadline, int64_t *ret_count,
                                 struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &expired_delete, DB_NO_PARAMS, &rows, st));
    *ret_count = db_integer(rows, 0, 0);
    return STATUS_OK;
}

status_code store_delete_account(struct db *db, int64_t deadline, const char *account_id,
                                 struct status *st)
{
    return db_execute(db, deadline, &account_delete, DB_PARAMS(DB_P_TEXT(account_id)), NULL, st);
}

status_code store_delete_jobs(struct db *db, int64_t deadline, const char *const *job_ids,
                              size_t count, struct status *st)
{
    _cleanup_(buf_deinit) struct buf list;
    bool is_ok;

    /* The ids are hexadecimal digits, as the tables' own checks say, so none needs quotes. */
    buf_init(&list, ID_LIST_MAX_BYTES);
    is_ok = buf_append_char(&list, '{');
    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = buf_printf(&list, i > 0 ? ",%s" : "%s", job_ids[i]);
    if (!is_ok || !buf_append_char(&list, '}'))
        return FAIL_MEMORY(st);
    return db_execute(db, deadline, &jobs_delete, DB_PARAMS(DB_P_TEXT(list.data)), NULL, st);
}

status_code store_list_jobs(struct db *db, int64_t deadline, const char *after_id, int32_t limit,
                            struct arena *arena, const char ***ret_ids, size_t *ret_count,
                            struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    const char **ids;

    TRY(db_query(db, deadline, &job_list, DB_PARAMS(DB_P_TEXT(after_id), DB_P_INTEGER(limit)),
                 &rows, st));
    size_t count = db_row_count(rows);
    ids = ARENA_NEW_ARRAY(arena, const char *, count + 1);
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
