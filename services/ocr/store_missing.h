#pragma once

/*
 * Which jobs are not there any more, for services that keep something by job.
 *
 * A job is missing once no caller can see its result: it was deleted, its retention is over, or it
 * never was. Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

struct db;

/*
 * @job_ids: each passes job_id_is_valid(); borrowed.
 * @ret_missing: those that are missing, in the order of `job_ids`; in the arena.
 * @deadline: monotonic nanoseconds.
 */
status_code store_missing_find(struct db *db, int64_t deadline, char *const *job_ids, size_t count,
                               struct arena *arena, char ***ret_missing, size_t *ret_count,
                               struct status *st) _must_check_;
