#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file_io.h"
#include "lib/base/str.h"
#include "lib/blob/blob.h"
#include "lib/blob/blob_backend.h"
#include "lib/db/db.h"

struct blob_postgres {
    struct blob_store store;
    struct db *db;
};

/* All of them go by the primary keys, but for those that go through keys in the order of bytes,
 * whatever the database's own order is: they go by the index on key COLLATE "C". */
static const struct db_statement blob_remove = {
    "blob_remove",
    "DELETE FROM blob WHERE key = $1",
};
static const struct db_statement blob_insert = {
    "blob_insert",
    "INSERT INTO blob (key, size_bytes) VALUES ($1, $2)",
};
static const struct db_statement blob_chunk_insert = {
    "blob_chunk_insert",
    "INSERT INTO blob_chunk (blob_key, position, data) VALUES ($1, $2, $3)",
};
static const struct db_statement blob_size = {
    "blob_size",
    "SELECT size_bytes FROM blob WHERE key = $1",
};
static const struct db_statement blob_chunk_read = {
    "blob_chunk_read",
    "SELECT data FROM blob_chunk WHERE blob_key = $1 AND position = $2",
};
static const struct db_statement blob_chunks_read = {
    "blob_chunks_read",
    "SELECT position, data FROM blob LEFT JOIN blob_chunk ON blob_key = key "
    "AND position BETWEEN $2 AND $3 WHERE key = $1 ORDER BY position",
};
/* $2: the first string that is behind all that begin with $1. */
static const struct db_statement blob_remove_all = {
    "blob_remove_all",
    "DELETE FROM blob WHERE key COLLATE \"C\" >= $1 AND key COLLATE \"C\" < $2",
};
static const struct db_statement blob_older = {
    "blob_older",
    "SELECT key FROM blob WHERE create_time < $1 AND key COLLATE \"C\" > $2 "
    "ORDER BY key COLLATE \"C\" LIMIT $3",
};
static const struct db_statement blob_space = {
    "blob_space",
    "SELECT id FROM blob_space",
};

static struct db *db_of(struct blob_store *store)
{
    return ((struct blob_postgres *)store)->db;
}

static status_code read_exactly(int fd, int64_t offset, void *bytes, size_t length,
                                struct status *st)
{
    if (file_read_at(fd, offset, bytes, length))
        return STATUS_OK;
    if (errno == 0)
        return FAIL(st, STATUS_INTERNAL, NULL, "a file ended before its blob was stored");
    return FAIL(st, STATUS_INTERNAL, NULL, "a file could not be read: %s", strerror(errno));
}

static status_code write_exactly(int fd, int64_t offset, struct str bytes, struct status *st)
{
    if (!file_write_at(fd, offset, bytes))
        return FAIL(st, errno == ENOSPC ? STATUS_RESOURCE_EXHAUSTED : STATUS_INTERNAL, NULL,
                    "a blob could not be written to a file: %s", strerror(errno));
    return STATUS_OK;
}

struct put_request {
    const char *key;
    int fd;
    int64_t size_bytes;
};

static status_code put_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct put_request *put = arg;
    _cleanup_(freep) char *chunk = malloc(BLOB_CHUNK_BYTES);

    if (chunk == NULL)
        return FAIL_MEMORY(st);
    TRY(db_tx_execute(tx, &blob_remove, DB_PARAMS(DB_P_TEXT(put->key)), NULL, st));
    TRY(db_tx_execute(tx, &blob_insert,
                      DB_PARAMS(DB_P_TEXT(put->key), DB_P_INTEGER(put->size_bytes)), NULL, st));
    for (int64_t offset = 0, position = 0; offset < put->size_bytes; position++) {
        int64_t left = put->size_bytes - offset;
        size_t length = left < BLOB_CHUNK_BYTES ? (size_t)left : BLOB_CHUNK_BYTES;
        TRY(read_exactly(put->fd, offset, chunk, length, st));
        TRY(db_tx_execute(
            tx, &blob_chunk_insert,
            DB_PARAMS(DB_P_TEXT(put->key), DB_P_INTEGER(position), DB_P_BYTES(chunk, length)), NULL,
            st));
        offset += (int64_t)length;
    }
    return STATUS_OK;
}

static status_code postgres_put(struct blob_store *store, const char *key, int fd,
                                int64_t size_bytes, int64_t deadline, struct status *st)
{
    struct put_request put = {key, fd, size_bytes};

    return db_run(db_of(store), deadline, put_body, &put, st);
}

static status_code postgres_get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                                int64_t *ret_size_bytes, struct status *st)
{
    struct db *db = db_of(store);
    _cleanup_(db_rows_freep) struct db_rows *head = NULL;
    int64_t offset = 0;

    TRY(db_query(db, deadline, &blob_size, DB_PARAMS(DB_P_TEXT(key)), &head, st));
    if (db_row_count(head) == 0)
        return FAIL(st, STATUS_NOT_FOUND, "BLOB_NOT_FOUND", "there is no such blob");
    int64_t size_bytes = db_integer(head, 0, 0);
    for (int64_t position = 0; offset < size_bytes; position++) {
        _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
        TRY(db_query(db, deadline, &blob_chunk_read,
                     DB_PARAMS(DB_P_TEXT(key), DB_P_INTEGER(position)), &rows, st));
        struct str bytes = db_row_count(rows) == 0 ? (struct str){0} : db_bytes(rows, 0, 0);
        if (bytes.n == 0)
            return FAIL(st, STATUS_DATA_LOSS, NULL, "a blob is not complete");
        TRY(write_exactly(fd, offset, bytes, st));
        offset += (int64_t)bytes.n;
    }
    *ret_size_bytes = size_bytes;
    return STATUS_OK;
}

/* Two chunks at most: no more bytes are asked for than one has. */
static status_code postgres_read(struct blob_store *store, const char *key, int64_t offset,
                                 void *bytes, size_t length, int64_t deadline, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;
    int64_t first = offset / BLOB_CHUNK_BYTES;
    int64_t last = (offset + (int64_t)length - 1) / BLOB_CHUNK_BYTES;
    size_t skip = (size_t)(offset % BLOB_CHUNK_BYTES);
    size_t filled = 0;

    TRY(db_query(db_of(store), deadline, &blob_chunks_read,
                 DB_PARAMS(DB_P_TEXT(key), DB_P_INTEGER(first), DB_P_INTEGER(last)), &rows, st));
    if (db_row_count(rows) == 0)
        return FAIL(st, STATUS_NOT_FOUND, "BLOB_NOT_FOUND", "there is no such blob");
    for (size_t i = 0; i < db_row_count(rows) && filled < length; i++) {
        if (db_is_null(rows, i, 0) || db_integer(rows, i, 0) != first + (int64_t)i)
            break;
        struct str chunk = db_bytes(rows, i, 1);
        if (chunk.n <= skip)
            break;
        size_t part = chunk.n - skip < length - filled ? chunk.n - skip : length - filled;
        memcpy((char *)bytes + filled, chunk.p + skip, part);
        filled += part;
        skip = 0;
    }
    if (filled < length)
        return FAIL(st, STATUS_DATA_LOSS, NULL, "a blob is not complete");
    return STATUS_OK;
}

static status_code postgres_delete_all(struct blob_store *store, const char *prefix,
                                       int64_t deadline, struct status *st)
{
    char end[BLOB_KEY_MAX + 1];
    size_t length = strlen(prefix);

    memcpy(end, prefix, length + 1);
    end[length - 1]++;
    return db_execute(db_of(store), deadline, &blob_remove_all,
                      DB_PARAMS(DB_P_TEXT(prefix), DB_P_TEXT(end)), NULL, st);
}

static status_code postgres_delete(struct blob_store *store, const char *key, int64_t deadline,
                                   struct status *st)
{
    return db_execute(db_of(store), deadline, &blob_remove, DB_PARAMS(DB_P_TEXT(key)), NULL, st);
}

static status_code postgres_list_older(struct blob_store *store, int64_t before_time,
                                       const char *after_key, int64_t deadline,
                                       struct blob_keys *ret_keys, struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(
        db_of(store), deadline, &blob_older,
        DB_PARAMS(DB_P_TIME(before_time), DB_P_TEXT(after_key), DB_P_INTEGER(BLOB_KEYS_MAX)), &rows,
        st));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        struct str key = db_text(rows, i, 0);
        if (key.n > BLOB_KEY_MAX)
            return FAIL(st, STATUS_INTERNAL, NULL, "a blob's key is too long");
        memcpy(ret_keys->keys[i], key.p, key.n);
        ret_keys->keys[i][key.n] = '\0';
    }
    ret_keys->count = db_row_count(rows);
    return STATUS_OK;
}

static void postgres_close(struct blob_store *store)
{
    free(store);
}

static const struct blob_backend postgres_backend = {
    .put = postgres_put,
    .get = postgres_get,
    .read = postgres_read,
    .delete = postgres_delete,
    .delete_all = postgres_delete_all,
    .list_older = postgres_list_older,
    .close = postgres_close,
};

status_code blob_store_open_postgres(struct db *db, struct blob_store **ret_store,
                                     struct status *st)
{
    struct blob_postgres *opened = calloc(1, sizeof(*opened));

    if (opened == NULL)
        return FAIL_MEMORY(st);
    opened->store.backend = &postgres_backend;
    opened->db = db;
    *ret_store = &opened->store;
    return STATUS_OK;
}

status_code blob_space_read(struct db *db, int64_t deadline, char ret_space[static BLOB_SPACE_SIZE],
                            struct status *st)
{
    _cleanup_(db_rows_freep) struct db_rows *rows = NULL;

    TRY(db_query(db, deadline, &blob_space, DB_NO_PARAMS, &rows, st));
    struct str id = db_row_count(rows) == 1 ? db_text(rows, 0, 0) : (struct str){0};
    if (id.n == 0 || id.n >= BLOB_SPACE_SIZE)
        return FAIL(st, STATUS_INTERNAL, NULL, "the table blob_space does not have one row");
    memcpy(ret_space, id.p, id.n);
    ret_space[id.n] = '\0';
    return STATUS_OK;
}
