#pragma once

/*
 * Request ids of submissions, in the database: a repeated one is given the first one's job.
 *
 * A call claims its id while it reads the file; a claim that is not renewed ends, so that a killed
 * process blocks nobody. API: B16. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/job.h"
#include "services/ocr/upload.h"

struct db;

/* How long a claim stands without being renewed. */
enum { SUBMISSION_CLAIM_SECONDS = 60 };

typedef enum {
    SUBMISSION_CLAIMED, /* the id is ours */
    SUBMISSION_BUSY,    /* another call is reading its file */
    SUBMISSION_MADE,    /* there is a job */
} submission_state;

struct submission {
    submission_state state;
    char job_id[JOB_ID_SIZE];                    /* when made */
    unsigned char fingerprint[UPLOAD_HASH_SIZE]; /* when made */
};

/* @claim_token: random id of this call. */
status_code store_submission_claim(struct db *db, int64_t deadline, const char *principal_key,
                                   const char *request_id, const char *claim_token,
                                   struct submission *ret_submission,
                                   struct status *st) _must_check_;

status_code store_submission_renew(struct db *db, int64_t deadline, const char *principal_key,
                                   const char *request_id, const char *claim_token,
                                   struct status *st) _must_check_;

/* Gives the id free again; no effect once it has a job. */
status_code store_submission_release(struct db *db, int64_t deadline, const char *principal_key,
                                     const char *request_id, const char *claim_token,
                                     struct status *st) _must_check_;
