#pragma once

/*
 * Reservations: the price of a job's pages, held from before the work until after it.
 *
 * Open, then exactly one of commit (charge some pages, free the rest), release (free all) and
 * expire (as release, when nobody did either in time). Each is one transaction that locks the
 * account, or the usage of an address, and the reservation, so that two callers never pass a cap
 * together, and none deadlocks. Each may be repeated: after a lost answer or a crash
 * the same call does nothing twice. The rules stand in docs/billing.md.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/address.h"
#include "services/billing/plans/period.h"
#include "services/billing/plans/price.h"
#include "services/billing/uuid.h"

struct db;

typedef enum {
    RESERVATION_OPEN,
    RESERVATION_COMMITTED,
    RESERVATION_RELEASED,
    RESERVATION_EXPIRED,
} reservation_state;

enum { RESERVATION_REQUEST_ID_MAX_BYTES = 255 };

struct reservation {
    char id[UUID_SIZE]; /* empty: it was only asked what it would cost */
    char principal_key[ADDRESS_KEY_SIZE];
    bool is_anonymous; /* else the key is the account's id */
    int32_t tier;
    int32_t pages;
    int64_t page_price_credits;
    struct period period; /* kind and start: where it counts, even if it ends in the next one */
    struct payment held;
    reservation_state state;
    int32_t charged_pages;
    struct payment charged;
    int64_t refunded_credits; /* of those that were paid with credits: all or none */
    int64_t expire_time;      /* wall nanoseconds */
};

struct reservation_request {
    const char *request_id;    /* the job's id; 1 to RESERVATION_REQUEST_ID_MAX_BYTES bytes */
    const char *account_id;    /* empty: anonymous */
    const char *principal_key; /* of an anonymous caller, as address_key() makes it */
    int32_t tier;
    int32_t pages;
    bool validate_only;  /* nothing is held or kept */
    int64_t lifetime_ms; /* until it expires, unless it is extended */
};

/*
 * Holds pages x price: with credits as long as there are some, the rest from the period's free
 * bucket. The same request id gives the same reservation.
 *
 * Fails with INVALID_ARGUMENT INVALID_FIELD (request_id, account_id, principal_key, tier, pages),
 * NOT_FOUND ACCOUNT_NOT_FOUND, FAILED_PRECONDITION RESERVATION_ENDED when the request id's has
 * ended and SUSPENDED, and RESOURCE_EXHAUSTED PAGE_CAP or OUT_OF_PAGES with the facts used, cap,
 * period and resets_at, or RATE_LIMITED with a time to retry when the plan's jobs at once are open.
 */
status_code reservation_open(struct db *db, int64_t deadline,
                             const struct reservation_request *request,
                             struct reservation *ret_reservation, struct status *st) _must_check_;

/* These fail with NOT_FOUND RESERVATION_NOT_FOUND, and with FAILED_PRECONDITION RESERVATION_ENDED
 * when it ended in another way before (committed with another number of pages, too). A release of
 * one that expired is none: it is free already. *ret_is_first: false when a call before did it. */

/* @pages: that are charged; 0 to the reserved number, else INVALID_ARGUMENT INVALID_FIELD. */
status_code reservation_commit(struct db *db, int64_t deadline, const char *id, int32_t pages,
                               int64_t *ret_charged_credits, bool *ret_is_first,
                               struct status *st) _must_check_;
status_code reservation_release(struct db *db, int64_t deadline, const char *id, bool *ret_is_first,
                                struct status *st) _must_check_;
/* Of the reservation that was opened with the request id, for who never got its answer. */
status_code reservation_release_request(struct db *db, int64_t deadline, const char *request_id,
                                        bool *ret_is_first, struct status *st) _must_check_;
/* FAILED_PRECONDITION RESERVATION_ENDED, with how it ended. */
status_code reservation_fail_ended(const struct reservation *reservation, struct status *st);

/* It expires `lifetime_ms` from now at the earliest. */
status_code reservation_extend(struct db *db, int64_t deadline, const char *id, int64_t lifetime_ms,
                               int64_t *ret_expire_time, struct status *st) _must_check_;

/* Frees those whose time is over, at most `limit`; *ret_count: how many, also where it fails, which
 * it does as the first of those that could not be freed. */
status_code reservation_expire_due(struct db *db, int64_t deadline, int32_t limit,
                                   int64_t *ret_count, struct status *st) _must_check_;

/* Forgets what addresses did: days of anonymous callers that started RESERVATION_FORGET_DAYS ago,
 * with their reservations, unless one of these is still open. */
enum { RESERVATION_FORGET_DAYS = 2 };
status_code reservation_forget_old(struct db *db, int64_t deadline, struct status *st) _must_check_;
