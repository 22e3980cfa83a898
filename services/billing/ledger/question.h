#pragma once

/*
 * Questions about documents, counted by account and day (UTC) against the plan's number.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdint.h>

#include "lib/base/status.h"

struct account;
struct db;

enum {
    QUESTION_REQUEST_ID_MAX_BYTES = 255,
    /* How long it is remembered that a request id was counted; whole days, so that the turn of one
     * makes no difference to who asks again within 24 hours. */
    QUESTION_FORGET_DAYS = 2,
    QUESTION_DAYS_KEPT = 400, /* counts of days: more than may be asked for at once */
};

struct question_count {
    int64_t used;       /* of today */
    int64_t cap;        /* of a day */
    int64_t reset_time; /* when the next day begins; wall nanoseconds */
};

/*
 * Counts one question; the same request id of an account counts once.
 *
 * Fails with INVALID_ARGUMENT INVALID_FIELD (account_id, request_id), NOT_FOUND ACCOUNT_NOT_FOUND,
 * FAILED_PRECONDITION SUSPENDED, and RESOURCE_EXHAUSTED OUT_OF_QUESTIONS with the facts used, cap,
 * period and resets_at; the last one not for a question that was counted before.
 */
status_code question_spend(struct db *db, int64_t deadline, const char *account_id,
                           const char *request_id, struct question_count *ret_count,
                           struct status *st) _must_check_;

/* What an account has asked today. */
status_code question_today(struct db *db, int64_t deadline, const struct account *account,
                           struct question_count *ret_count, struct status *st) _must_check_;

/* Forgets request ids and counts that are of no use any more. */
status_code question_forget_old(struct db *db, int64_t deadline, struct status *st) _must_check_;
