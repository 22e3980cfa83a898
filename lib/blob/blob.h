#pragma once

/*
 * Large byte strings by key, behind one interface: rows of chunks in PostgreSQL, or objects in a
 * bucket of S3.
 *
 * A key is 1 to BLOB_KEY_MAX bytes of lower-case letters, digits, '-' and '/'. A blob appears whole
 * or not at all. Blobs are not part of a database transaction: who refers to one stores it first,
 * and deletes what came to be referred to by nobody (blob_list_older()).
 *
 * Bytes go from and to file descriptors in pieces of BLOB_CHUNK_BYTES, so that memory does not grow
 * with a blob. Thread rule: any thread; calls block until `deadline` (monotonic nanoseconds) at
 * the longest.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct buf;
struct db;
struct s3_settings;

enum {
    BLOB_KEY_MAX = 200,
    BLOB_CHUNK_BYTES = 512 * 1024,
    BLOB_KEYS_MAX = 500, /* of one list */
    BLOB_SPACE_SIZE = 65,
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

/*
 * Blobs as objects in a bucket of S3, uploaded in parts where they are large (s3_settings.h).
 *
 * Tries the bucket first: CONFIG (FAILED_PRECONDITION) when the settings cannot be right,
 * UNAVAILABLE when S3 is not there at the moment. Afterwards, whatever is wrong with S3 or with the
 * settings is UNAVAILABLE BLOBS_UNAVAILABLE, and no blob is taken for lost (s3_client.h).
 * @settings: what they point to is borrowed, and outlives the store.
 * @space: the folder of this store's owner in the bucket, as blob_space_read() gives it.
 */
status_code blob_store_open_s3(const struct s3_settings *settings, const char *space,
                               int64_t deadline, struct blob_store **ret_store,
                               struct status *st) _must_check_;

/*
 * The name of the database's own folder in an object store, of the table `blob_space`, which has
 * one row with the text `id`. Two databases never have the same one: one that is restored from a
 * backup gets another (tools/backup.sh), for each deletes blobs that its own jobs do not need.
 */
status_code blob_space_read(struct db *db, int64_t deadline, char ret_space[static BLOB_SPACE_SIZE],
                            struct status *st) _must_check_;

/*
 * A store that took the place of another one: what is new goes to `newer`; what it does not have is
 * looked for in `older`, until that is empty. Takes both, on failure too.
 */
status_code blob_store_open_layers(struct blob_store *newer, struct blob_store *older,
                                   struct blob_store **ret_store, struct status *st) _must_check_;

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

struct blob_keys {
    size_t count;
    char keys[BLOB_KEYS_MAX][BLOB_KEY_MAX + 1];
};

/*
 * The first keys behind `after_key` ("" for all) of blobs that were stored before `before_time`
 * (wall nanoseconds), in the order of bytes. None: there are no more. Fewer than BLOB_KEYS_MAX do
 * not say that.
 */
status_code blob_list_older(struct blob_store *store, int64_t before_time, const char *after_key,
                            int64_t deadline, struct blob_keys *ret_keys,
                            struct status *st) _must_check_;

/* Takes back what blob_put() had begun before `before_time` and never ended, for its process did.
 */
status_code blob_abort_older(struct blob_store *store, int64_t before_time, int64_t deadline,
                             struct status *st) _must_check_;

/* Appends the metrics of the store, if it has any, in Prometheus text format. */
void blob_write_metrics(struct blob_store *store, struct buf *out);
