#pragma once

/*
 * A submission's hold on its request id, while its file is being read.
 *
 * One call at a time reads a file under an id; a second one is refused meanwhile, and is given the
 * first one's job afterwards. The claim is settled together with the job (store_job_insert()), or
 * released. API: B16. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/store_submission.h"

struct db;

/* Zero is a submission without a request id. Text is borrowed for as long as the claim. */
struct request_claim {
    struct db *db;
    const char *principal_key;
    const char *request_id;
    char token[RANDOM_ID_SIZE];
    int64_t renew_time; /* monotonic nanoseconds */
    bool is_held;
    bool is_made; /* the id has a job already: the next two say which, and of what */
    char job_id[JOB_ID_SIZE];
    unsigned char fingerprint[UPLOAD_HASH_SIZE];
};

/* Takes hold of an id, or learns which job it has. Does nothing for a claim that is taken. Fails
 * with ABORTED IDEMPOTENCY_IN_PROGRESS when another call is reading its file. */
status_code request_claim_take(struct request_claim *claim, struct db *db, int64_t deadline,
                               const char *principal_key, const char *request_id,
                               struct status *st) _must_check_;
/* Whether an id was taken hold of, or found to have a job. */
bool request_claim_is_taken(const struct request_claim *claim);
/* To be called often: keeps the claim from running out, and mostly does nothing. */
status_code request_claim_renew(struct request_claim *claim, int64_t deadline,
                                struct status *st) _must_check_;
/* Gives the id free again, unless it has a job by now. A failure is logged: the claim runs out. */
void request_claim_release(struct request_claim *claim, int64_t deadline);
