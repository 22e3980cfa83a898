#pragma once

/*
 * Large byte strings by key, behind one interface: rows of chunks in PostgreSQL, or an object
 * store.
 *
 * A key is 1 to BLOB_KEY_MAX bytes of lower-case letters, digits, '-' and '/'. A blob appears whole
 * or not at all. Blobs are not part of a database transaction: who refers to one stores it first,
 * and deletes what came to be referred to by nobody (blob_find_older()).
 *
 * Bytes go from and to file descriptors in pieces of BLOB_CHUNK_BYTES, so that memory does not grow
 * with a blob. Thread rule: any thread; calls block until `deadline` (monotonic nanoseconds) at
 * the longest.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct db;

enum {
    BLOB_KEY_MAX = 200,
    BLOB_CHUNK_BYTES = 512 * 1024,
};

/* Largest blob. */
#define BLOB_MAX_BYTES (INT64_C(2) << 30)

struct blob_store;

/*
 * Blobs as rows of the tables `blob` and `blob_chunk` in the search path of `db`, which the owner
 * of the schema creates by a migration:
 *     blob        key text PRIMARY KEY, size_bytes bigint, create_time timestamptz
 *     blob_chunk  blob_key text REFERENCES blob ON DELETE CASCADE, position integer, data bytea,
 *                 PRIMARY KEY (blob_key, position)
 * with an index on blob (key COLLATE "C"), without which going through keys is slow.
 * @db: borrowed; outlives the store.
 */
status_code blob_store_open_postgres(struct db *db, struct blob_store **ret_store,
                                     struct status *st) _must_check_;
void blob_store_close(struct blob_store *store);
DEFINE_CLEANUP_NAMED(struct blob_store *, blob_store_closep, blob_store_close)

/* Stores `size_bytes` bytes of `fd` from its beginning; the descriptor's own offset is left alone.
 * A blob that has the key already is replaced. */
status_code blob_put(struct blob_store *store, const char *key, int fd, int64_t size_bytes,
                     int64_t deadline, struct status *st) _must_check_;

/* Writes the blob into `fd` from its beginning. NOT_FOUND BLOB_NOT_FOUND when there is none, and
 * DATA_LOSS when its bytes are not all there. */
status_code blob_get(struct blob_store *store, const char *key, int fd, int64_t deadline,
                     int64_t *ret_size_bytes, struct status *st) _must_check_;

/*
 * Reads `length` bytes of the blob (1 to BLOB_CHUNK_BYTES) from `offset` on into memory. Of a blob
 * that is replaced between two calls, the second one reads the new one.
 *
 * NOT_FOUND BLOB_NOT_FOUND when there is none; DATA_LOSS when not all of these bytes are there.
 */
status_code blob_read(struct blob_store *store, const char *key, int64_t offset, void *bytes,
                      size_t length, int64_t deadline, struct status *st) _must_check_;

/* Deleting what is not there is no failure. */
status_code blob_delete(struct blob_store *store, const char *key, int64_t deadline,
                        struct status *st) _must_check_;

/* Deletes all blobs whose keys begin with `prefix`, which is 1 to BLOB_KEY_MAX bytes of what keys
 * are made of. */
status_code blob_delete_all(struct blob_store *store, const char *prefix, int64_t deadline,
                            struct status *st) _must_check_;

/*
 * The first key after `after_key` ("" for the first of all) of a blob that was stored before
 * `before_time` (wall nanoseconds), in the order of bytes. "" when there is none.
 */
status_code blob_find_older(struct blob_store *store, int64_t before_time, const char *after_key,
                            int64_t deadline, char ret_key[static BLOB_KEY_MAX + 1],
                            struct status *st) _must_check_;
