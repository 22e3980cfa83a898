#pragma once

/*
 * The bytes of document indexes in the database. `deadline` is in monotonic nanoseconds. Thread
 * rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct db;

struct index_to_store {
    const char *job_id;
    const char *account_id; /* whose question it was made for */
    int32_t version;        /* of the form of the bytes */
    int64_t expire_time;    /* the job's; wall nanoseconds */
    struct str bytes;       /* at least one */
};

/* Replaces the one that the job has, if any; whole or not at all. */
status_code store_index_put(struct db *db, int64_t deadline, const struct index_to_store *index,
                            struct status *st) _must_check_;

/*
 * Appends the bytes of the job's index to `out`.
 *
 * @ret_is_found: false when there is none, none of this version, or one that is being replaced.
 *
 * RESOURCE_EXHAUSTED when `out` is full.
 */
status_code store_index_get(struct db *db, int64_t deadline, const char *job_id, int32_t version,
                            struct buf *out, bool *ret_is_found, struct status *st) _must_check_;
