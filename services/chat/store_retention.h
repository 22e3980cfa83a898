#pragma once

/*
 * What is kept about jobs, and how it goes: conversations and indexes alike.
 *
 * `deadline` is in monotonic nanoseconds. Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

struct db;

/* What has outlived its job's time. @ret_count: conversations and indexes. */
status_code store_delete_expired(struct db *db, int64_t deadline, int64_t *ret_count,
                                 struct status *st) _must_check_;
/* All that was made for an account. */
status_code store_delete_account(struct db *db, int64_t deadline, const char *account_id,
                                 struct status *st) _must_check_;
/* All about these jobs. */
status_code store_delete_jobs(struct db *db, int64_t deadline, const char *const *job_ids,
                              size_t count, struct status *st) _must_check_;

/* Ids of the jobs that anything is kept about, in order, after `after_id` ("": from the first on);
 * at most `limit`, in the arena. */
status_code store_list_jobs(struct db *db, int64_t deadline, const char *after_id, int32_t limit,
                            struct arena *arena, const char ***ret_ids, size_t *ret_count,
                            struct status *st) _must_check_;
