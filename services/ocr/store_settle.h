#pragma once

/*
 * Jobs without pages left to read, in the database, on their way to an end. Thread rule: any
 * thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/trace_context.h"
#include "services/ocr/job.h"

struct db;

/* Text in the arena. */
struct settlement {
    const char *job_id;
    const char *reservation_id;
    const char *tool;
    int32_t pages_read;              /* to be charged */
    int32_t attempts;                /* this one included */
    struct trace_context submission; /* the trace of who submitted the job, or none */
};

/* Claims the job whose settling is due longest for `claim_ms`; `job_id` restricts it to one, NULL
 * does not. *ret_found is false when none is due. */
status_code store_settle_claim(struct db *db, int64_t deadline, const char *job_id,
                               int64_t claim_ms, struct arena *arena,
                               struct settlement *ret_settlement, bool *ret_found,
                               struct status *st) _must_check_;

/* Gives the job its final state, confidence, warnings, cost and times; removes a deleted one. No
 * effect on a job that has ended. */
status_code store_settle_finish(struct db *db, int64_t deadline, const char *job_id,
                                int32_t usage_pages, int64_t usage_credits,
                                struct status *st) _must_check_;

/* Lets the next attempt be made after `delay_ms`. */
status_code store_settle_postpone(struct db *db, int64_t deadline, const char *job_id,
                                  int64_t delay_ms, struct status *st) _must_check_;
