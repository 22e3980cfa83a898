#pragma once

/* What a kind of blob store implements; see blob.h for what each function promises. Arguments were
 * checked by blob.c. */

#include "lib/blob/blob.h"

struct blob_backend {
    status_code (*put)(struct blob_store *store, const char *key, int fd, int64_t size_bytes,
                       int64_t deadline, struct status *st);
    status_code (*get)(struct blob_store *store, const char *key, int fd, int64_t deadline,
                       int64_t *ret_size_bytes, struct status *st);
    status_code (*read)(struct blob_store *store, const char *key, int64_t offset, void *bytes,
                        size_t length, int64_t deadline, struct status *st);
    status_code (*delete)(struct blob_store *store, const char *key, int64_t deadline,
                          struct status *st);
    status_code (*delete_all)(struct blob_store *store, const char *prefix, int64_t deadline,
                              struct status *st);
    status_code (*list_older)(struct blob_store *store, int64_t before_time, const char *after_key,
                              int64_t deadline, struct blob_keys *ret_keys, struct status *st);
    /* NULL: nothing is ever left behind. */
    status_code (*abort_older)(struct blob_store *store, int64_t before_time, int64_t deadline,
                               struct status *st);
    /* NULL: there are none. */
    void (*write_metrics)(struct blob_store *store, struct buf *out);
    void (*close)(struct blob_store *store);
};

/* First member of each backend's own struct. */
struct blob_store {
    const struct blob_backend *backend;
};
