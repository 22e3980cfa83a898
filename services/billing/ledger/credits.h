#pragma once

/*
 * Credits that come to an account: granted by operators, bought, and refunded.
 *
 * Each is one transaction under the account's lock, and done once for each request id: after a
 * lost answer or a crash the same call does nothing twice, and answers the same amount. The rules
 * stand in docs/billing.md.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct db;

enum {
    CREDITS_MAX = 1000000000, /* of one grant or purchase */
    CREDITS_REQUEST_ID_MAX_BYTES = 255,
    CREDITS_NOTE_MAX_BYTES = 200,
};

struct credits_request {
    const char *account;    /* e-mail address or id */
    int64_t amount_credits; /* 1 to CREDITS_MAX; of a refund the charge's, and not read */
    const char *request_id; /* 1 to CREDITS_REQUEST_ID_MAX_BYTES bytes */
    const char *note;       /* why, for the ledger; CREDITS_NOTE_MAX_BYTES at most */
};

struct credits_answer {
    int64_t amount_credits;
    int64_t balance_credits; /* at the moment */
    bool is_first;           /* false when a call before did it */
};

/* These fail with INVALID_ARGUMENT INVALID_FIELD (amount_credits, request_id, note) and NOT_FOUND
 * ACCOUNT_NOT_FOUND. A request id that stands for another account or amount is INVALID_FIELD. */
status_code credits_grant(struct db *db, int64_t deadline, const struct credits_request *request,
                          struct credits_answer *ret_answer, struct status *st) _must_check_;
/* @request_id: of the payment, so that it counts once however often the payment is told of. */
status_code credits_purchase(struct db *db, int64_t deadline, const struct credits_request *request,
                             struct credits_answer *ret_answer, struct status *st) _must_check_;

/*
 * Gives back all credits that a job was charged. What the free bucket paid stays used.
 *
 * @job_id: as it was the reservation's request id.
 *
 * Fails besides with NOT_FOUND JOB_NOT_FOUND when the account has no such job, and with
 * FAILED_PRECONDITION NOTHING_TO_REFUND when it was not charged credits (yet) and ALREADY_REFUNDED
 * when another request did it.
 */
status_code credits_refund(struct db *db, int64_t deadline, const struct credits_request *request,
                           const char *job_id, struct credits_answer *ret_answer,
                           struct status *st) _must_check_;
