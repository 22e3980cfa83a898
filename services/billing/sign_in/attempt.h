#pragma once

/*
 * How often something may be tried that could be guessed, could annoy, or is given for nothing:
 * passwords, mail, new accounts.
 *
 * An attempt is counted before it is made, in the database, so that neither many at once nor many
 * replicas get more; one that came to a good end is taken back. After `burst` attempts, one more is
 * allowed every `interval` (the generic cell rate algorithm, ITU-T I.371 annex A). Who is slowed
 * down is told when to try again, and the owner of an account is never locked out for longer than
 * one interval.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/email.h"

struct db;
struct db_tx;

typedef enum {
    ATTEMPT_PASSWORD_OF_ACCOUNT,   /* 10, then one a minute; by e-mail address */
    ATTEMPT_PASSWORD_FROM_ADDRESS, /* 30, then two a minute; by IP address */
    ATTEMPT_MAIL_TO_ACCOUNT,       /* 3, then three an hour; by e-mail address */
    ATTEMPT_MAIL_FROM_ADDRESS,     /* 10, then one a minute; by IP address */
    ATTEMPT_SIGN_UP_FROM_ADDRESS,  /* 10, or as set, then one an hour; by IP address */
} attempt_kind;

enum { ATTEMPT_KEY_SIZE = 81 };

/* Of what is counted, for an e-mail address, known or not, or for an IP address. */
struct attempt {
    attempt_kind kind;
    int64_t burst; /* the kind's, unless its owner sets another one */
    char key[ATTEMPT_KEY_SIZE];
};

/* @email_key: of email_key(). */
struct attempt attempt_of_email(attempt_kind kind, const char *email_key);
/* Fails as address_key() does. */
status_code attempt_of_address(attempt_kind kind, const char *client_address,
                               struct attempt *ret_attempt, struct status *st) _must_check_;

/* Counts one. Fails with RESOURCE_EXHAUSTED RATE_LIMITED, and a time to retry, and counts nothing,
 * when there were too many. */
status_code attempt_spend(struct db *db, int64_t deadline, const struct attempt *attempt,
                          struct status *st) _must_check_;
/* Takes one back. */
status_code attempt_refund(struct db *db, int64_t deadline, const struct attempt *attempt,
                           struct status *st) _must_check_;

/* Forgets all of them. */
status_code attempt_clear(struct db_tx *tx, const struct attempt *attempt,
                          struct status *st) _must_check_;

/* Forgets what counts no more. */
status_code attempt_forget_old(struct db *db, int64_t deadline, struct status *st) _must_check_;
