#include "services/chat/store_index.h"

#include "lib/db/db.h"

enum { PART_BYTES = 512 * 1024 };

/* All by the primary keys. The first one locks the row, so that two replicas that made the same
 * index store it one after the other. */
static const struct db_statement index_replace = {
    "index_replace",
    "INSERT INTO document_index (job_id, account_id, version, size_bytes, expire_time) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (job_id) DO UPDATE SET "
    "account_id = EXCLUDED.account_id, version = EXCLUDED.version, "
    "size_bytes = EXCLUDED.size_bytes, expire_time = EXCLUDED.expire_time, create_time = now()",
};
static const struct db_statement parts_delete = {
    "parts_delete",
    "DELETE FROM document_index_part WHERE job_id = $1",
};
static const struct db_statement part_insert = {
    "part_insert",
    "INSERT INTO document_index_part (job_id, position, data) VALUES ($1, $2, $3)",
};
static const struct db_statement index_size = {
    "index_size",
    "SELECT size_bytes FROM document_index WHERE job_id = $1 AND version = $2",
};
static const struct db_statement part_get = {
    "part_get",
    "SELECT data FROM document_index_part WHERE job_id = $1 AND position = $2",
};

/* A db_run() body. */
static status_code put(struct db_tx *tx, void *arg, struct status *st)
{
    const struct index_to_store *index = arg;
    int64_t position = 0;

    TRY(db_tx_execute(tx, &index_replace,
                      DB_PARAMS(DB_P_TEXT(index->job_id), DB_P_TEXT(index->account_id),
                                DB_P_INTEGER(index->version), DB_P_INTEGER((int64_t)index->bytes.n),
                                DB_P_TIME(index->expire_time)),
                      NULL, st));
    TRY(db_tx_execute(tx, &parts_delete, DB_PARAMS(DB_P_TEXT(index->job_id)), NULL, st));
    for (size_t offset = 0; offset < index->bytes.n; offset += PART_BYTES) {
        size_t left = index->bytes.n - offset;
        size_t length = left < PART_BYTES ? left : PART_BYTES;

        TRY(db_tx_execute(tx, &part_insert,
                          DB_PARAMS(DB_P_TEXT(index->job_id), DB_P_INTEGER(position++),
                                    DB_P_BYTES(index->bytes.p + offset, length)),
                          NULL, st));
    }
    return STATUS_OK;
}

status_code store_index_put(struct db *db, int64_t deadline, const struct index_to_store *index,
                            struct status *st)
{
    return db_run(db, deadline, put, (void *)index, st);
}

status_code store_index_get(struct db *db, int64_t deadline, const char *job_id, int32_t version,
                            struct buf *out, bool *ret_is_found, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *head = NULL;
    size_t size, length = 0;

    TRY(db_query(db, deadline, &index_size, DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(version)),
                 &head, st));
    *ret_is_found = false;
    if (db_row_count(head) == 0)
        return STATUS_OK;
    size = (size_t)db_integer(head, 0, 0);
    if (!buf_reserve(out, size))
        return FAIL_MEMORY(st);
    for (int64_t position = 0; length < size; position++) {
        _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
        struct str part;

        TRY(db_query(db, deadline, &part_get, DB_PARAMS(DB_P_TEXT(job_id), DB_P_INTEGER(position)),
                     &rows, st));
        part = db_row_count(rows) == 0 ? (struct str){0} : db_bytes(rows, 0, 0);
        if (part.n == 0 || part.n > size - length)
            return STATUS_OK;
        if (!buf_append(out, part.p, part.n))
            return FAIL_MEMORY(st);
        length += part.n;
    }
    *ret_is_found = true;
    return STATUS_OK;
}
