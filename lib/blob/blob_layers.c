#include <stdlib.h>
#include <string.h>

#include "lib/blob/blob.h"
#include "lib/blob/blob_backend.h"

struct blob_layers {
    struct blob_store store;
    struct blob_store *newer;
    struct blob_store *older;
};

static struct blob_layers *layers_of(struct blob_store *store)
{
    return (struct blob_layers *)store;
}

static status_code layers_put(struct blob_store *store, const char *key, int fd, int64_t size_bytes,
                              int64_t deadline, struct status *st)
{
    return blob_put(layers_of(store)->newer, key, fd, size_bytes, deadline, st);
}

static status_code layers_get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                              int64_t *ret_size_bytes, struct status *st)
{
    status_code code = blob_get(layers_of(store)->newer, key, fd, deadline, ret_size_bytes, st);

    return code == STATUS_NOT_FOUND
               ? blob_get(layers_of(store)->older, key, fd, deadline, ret_size_bytes, st)
               : code;
}

static status_code layers_read(struct blob_store *store, const char *key, int64_t offset,
                               void *bytes, size_t length, int64_t deadline, struct status *st)
{
    status_code code = blob_read(layers_of(store)->newer, key, offset, bytes, length, deadline, st);

    return code == STATUS_NOT_FOUND
               ? blob_read(layers_of(store)->older, key, offset, bytes, length, deadline, st)
               : code;
}

/* The older one first: what failed at the newer one is still found there, and deleted with it. */
static status_code layers_delete(struct blob_store *store, const char *key, int64_t deadline,
                                 struct status *st)
{
    TRY(blob_delete(layers_of(store)->older, key, deadline, st));
    return blob_delete(layers_of(store)->newer, key, deadline, st);
}

static status_code layers_delete_all(struct blob_store *store, const char *prefix, int64_t deadline,
                                     struct status *st)
{
    TRY(blob_delete_all(layers_of(store)->older, prefix, deadline, st));
    return blob_delete_all(layers_of(store)->newer, prefix, deadline, st);
}

/* Two lists as one, in their order, each key once. A list that ends early ends the whole one there,
 * for keys of that store may follow. */
static void merge(const struct blob_keys *a, const struct blob_keys *b, struct blob_keys *ret_keys)
{
    size_t i = 0, j = 0, count = 0;

    while (count < BLOB_KEYS_MAX && (i < a->count || j < b->count)) {
        int order = i == a->count ? 1 : j == b->count ? -1 : strcmp(a->keys[i], b->keys[j]);
        memcpy(ret_keys->keys[count++], order <= 0 ? a->keys[i] : b->keys[j], BLOB_KEY_MAX + 1);
        i += order <= 0;
        j += order >= 0;
        if ((i == a->count && a->count == BLOB_KEYS_MAX) ||
            (j == b->count && b->count == BLOB_KEYS_MAX))
            break;
    }
    ret_keys->count = count;
}

static status_code layers_list_older(struct blob_store *store, int64_t before_time,
                                     const char *after_key, int64_t deadline,
                                     struct blob_keys *ret_keys, struct status *st)
{
    _cleanup_(freep) struct blob_keys *lists = calloc(2, sizeof(*lists));

    if (lists == NULL)
        return FAIL_MEMORY(st);
    TRY(blob_list_older(layers_of(store)->newer, before_time, after_key, deadline, &lists[0], st));
    TRY(blob_list_older(layers_of(store)->older, before_time, after_key, deadline, &lists[1], st));
    merge(&lists[0], &lists[1], ret_keys);
    return STATUS_OK;
}

static status_code layers_abort_older(struct blob_store *store, int64_t before_time,
                                      int64_t deadline, struct status *st)
{
    TRY(blob_abort_older(layers_of(store)->older, before_time, deadline, st));
    return blob_abort_older(layers_of(store)->newer, before_time, deadline, st);
}

static void layers_write_metrics(struct blob_store *store, struct buf *out)
{
    blob_write_metrics(layers_of(store)->newer, out);
}

static void layers_close(struct blob_store *store)
{
    blob_store_close(layers_of(store)->newer);
    blob_store_close(layers_of(store)->older);
    free(store);
}

static const struct blob_backend layers_backend = {
    .put = layers_put,
    .get = layers_get,
    .read = layers_read,
    .delete = layers_delete,
    .delete_all = layers_delete_all,
    .list_older = layers_list_older,
    .abort_older = layers_abort_older,
    .write_metrics = layers_write_metrics,
    .close = layers_close,
};

status_code blob_store_open_layers(struct blob_store *newer, struct blob_store *older,
                                   struct blob_store **ret_store, struct status *st)
{
    struct blob_layers *opened = calloc(1, sizeof(*opened));

    if (opened == NULL) {
        blob_store_close(newer);
        blob_store_close(older);
        return FAIL_MEMORY(st);
    }
    opened->store.backend = &layers_backend;
    opened->newer = newer;
    opened->older = older;
    *ret_store = &opened->store;
    return STATUS_OK;
}
