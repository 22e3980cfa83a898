#include "lib/blob/blob.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "lib/blob/blob_backend.h"

static bool is_key(const char *key)
{
    size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-/");

    return length >= 1 && length <= BLOB_KEY_MAX && key[length] == '\0';
}

static status_code check_key(const char *key, struct status *st)
{
    if (!is_key(key))
        return FAIL(st, STATUS_INTERNAL, NULL, "a blob's key is malformed");
    return STATUS_OK;
}

void blob_store_close(struct blob_store *store)
{
    if (store != NULL)
        store->backend->close(store);
}

status_code blob_put(struct blob_store *store, const char *key, int fd, int64_t size_bytes,
                     int64_t deadline, struct status *st)
{
    TRY(check_key(key, st));
    if (size_bytes < 0 || size_bytes > BLOB_MAX_BYTES)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "BLOB_TOO_LARGE",
                    "%" PRId64 " bytes are more than a blob's %" PRId64, size_bytes,
                    (int64_t)BLOB_MAX_BYTES);
    return store->backend->put(store, key, fd, size_bytes, deadline, st);
}

status_code blob_get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                     int64_t *ret_size_bytes, struct status *st)
{
    TRY(check_key(key, st));
    return store->backend->get(store, key, fd, deadline, ret_size_bytes, st);
}

status_code blob_read(struct blob_store *store, const char *key, int64_t offset, void *bytes,
                      size_t length, int64_t deadline, struct status *st)
{
    TRY(check_key(key, st));
    if (offset < 0 || offset > BLOB_MAX_BYTES || length < 1 || length > BLOB_CHUNK_BYTES)
        return FAIL(st, STATUS_INTERNAL, NULL, "a blob is asked for bytes that none has");
    return store->backend->read(store, key, offset, bytes, length, deadline, st);
}

status_code blob_delete(struct blob_store *store, const char *key, int64_t deadline,
                        struct status *st)
{
    TRY(check_key(key, st));
    return store->backend->delete(store, key, deadline, st);
}

status_code blob_delete_all(struct blob_store *store, const char *prefix, int64_t deadline,
                            struct status *st)
{
    TRY(check_key(prefix, st));
    return store->backend->delete_all(store, prefix, deadline, st);
}

status_code blob_list_older(struct blob_store *store, int64_t before_time, const char *after_key,
                            int64_t deadline, struct blob_keys *ret_keys, struct status *st)
{
    return store->backend->list_older(store, before_time, after_key, deadline, ret_keys, st);
}

status_code blob_abort_older(struct blob_store *store, int64_t before_time, int64_t deadline,
                             struct status *st)
{
    if (store->backend->abort_older == NULL)
        return STATUS_OK;
    return store->backend->abort_older(store, before_time, deadline, st);
}

void blob_write_metrics(struct blob_store *store, struct buf *out)
{
    if (store->backend->write_metrics != NULL)
        store->backend->write_metrics(store, out);
}
