#pragma once

/*
 * Jobs that billing may hold pages for without there being such a job: the answer to the
 * reservation, or to the job's insertion, never came. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/job.h"

struct db;

enum {
    STORE_DOUBT_SECONDS = 120, /* by then, what was sent to billing has come about or never will */
    STORE_DOUBT_CLAIM_SECONDS = 60,
};

status_code store_doubt_insert(struct db *db, int64_t deadline, const char *job_id,
                               struct status *st) _must_check_;

/* Takes the one that is due longest, so that nobody else does for STORE_DOUBT_CLAIM_SECONDS.
 * *ret_found is false when none is due. *ret_is_job: it came to be a job after all. */
status_code store_doubt_claim(struct db *db, int64_t deadline, char ret_job_id[static JOB_ID_SIZE],
                              bool *ret_is_job, bool *ret_found, struct status *st) _must_check_;

/* There is no doubt any more. */
status_code store_doubt_delete(struct db *db, int64_t deadline, const char *job_id,
                               struct status *st) _must_check_;
