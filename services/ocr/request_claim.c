#include "services/ocr/request_claim.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"

enum { RENEW_MS = SUBMISSION_CLAIM_SECONDS * 1000 / 3 };

status_code request_claim_take(struct request_claim *claim, struct db *db, int64_t deadline,
                               const char *principal_key, const char *request_id, struct status *st)
{
    struct submission found;

    if (request_claim_is_taken(claim))
        return STATUS_OK;
    claim->db = db;
    claim->principal_key = principal_key;
    claim->request_id = request_id;
    random_id(claim->token);
    TRY(store_submission_claim(db, deadline, principal_key, request_id, claim->token, &found, st));
    switch (found.state) {
    case SUBMISSION_BUSY:
        return FAIL(st, STATUS_ABORTED, "IDEMPOTENCY_IN_PROGRESS",
                    "another call with the same request id is being read; ask again");
    case SUBMISSION_MADE:
        claim->is_made = true;
        memcpy(claim->job_id, found.job_id, sizeof(claim->job_id));
        memcpy(claim->fingerprint, found.fingerprint, sizeof(claim->fingerprint));
        break;
    case SUBMISSION_CLAIMED:
        claim->is_held = true;
        claim->renew_time = time_mono_after_ms(RENEW_MS);
        break;
    }
    return STATUS_OK;
}

bool request_claim_is_taken(const struct request_claim *claim)
{
    return claim->is_held || claim->is_made;
}

status_code request_claim_renew(struct request_claim *claim, int64_t deadline, struct status *st)
{
    if (!claim->is_held || time_mono() < claim->renew_time)
        return STATUS_OK;
    TRY(store_submission_renew(claim->db, deadline, claim->principal_key, claim->request_id,
                               claim->token, st));
    claim->renew_time = time_mono_after_ms(RENEW_MS);
    return STATUS_OK;
}

void request_claim_release(struct request_claim *claim, int64_t deadline)
{
    struct status st = {0};

    if (!claim->is_held)
        return;
    claim->is_held = false;
    if (store_submission_release(claim->db, deadline, claim->principal_key, claim->request_id,
                                 claim->token, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a request id was not given free, and will be", &st);
}
