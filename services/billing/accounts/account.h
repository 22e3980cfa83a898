#pragma once

/*
 * Accounts, and who a caller is.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/billing/accounts/address.h"
#include "services/billing/accounts/email.h"
#include "services/billing/accounts/token.h"
#include "services/billing/plans/plan.h"
#include "services/billing/plans/request_rate.h"
#include "services/billing/uuid.h"

struct db;
struct db_tx;
struct password_hasher;

typedef enum {
    ACCOUNT_ACTIVE,
    ACCOUNT_SUSPENDED, /* by an operator: refused all but what account_check_owner() lets through */
    ACCOUNT_DELETED,   /* by its owner, and not purged yet */
} account_standing;

struct account {
    char id[UUID_SIZE];
    char email[EMAIL_SIZE];
    struct plan plan;
    int64_t balance_credits; /* what reservations hold is taken off */
    int64_t create_time;     /* wall nanoseconds */
    account_standing standing;
};

/* An account in the period that now is. */
struct account_state {
    struct account account;
    int64_t used_credits; /* open reservations included, whatever pays */
    int64_t cap_credits;  /* of the free bucket */
    int64_t reset_time;   /* wall nanoseconds */
};

/* Whom quotas count. */
struct principal {
    bool is_anonymous;
    char account_id[UUID_SIZE]; /* empty when anonymous */
    char key[ADDRESS_KEY_SIZE]; /* account id or address */
    struct plan plan;
    struct request_rate rate; /* where the request was counted */
};

/* A new account on PLAN_NEW_ACCOUNT, with its first token, whose secret is told this once.
 * Fails with INVALID_ARGUMENT INVALID_FIELD (email) or WEAK_PASSWORD (password), ALREADY_EXISTS
 * ACCOUNT_EXISTS, and as password_hash() does. */
status_code account_create(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           const char *email, const char *password, struct account_state *ret_state,
                           char ret_token[static TOKEN_SIZE], struct status *st) _must_check_;

/* Fails with FAILED_PRECONDITION SUSPENDED for an account that is, and NOT_FOUND ACCOUNT_NOT_FOUND
 * for one that is deleted. */
status_code account_check_standing(const struct account *account, struct status *st) _must_check_;

/* As account_check_standing(), but an account that is suspended passes: for what its owner may do
 * all the same, which is to sign in and out, to take its data and to delete it (GDPR, articles 17
 * and 20). */
status_code account_check_owner(const struct account *account, struct status *st) _must_check_;

/* The account whose API token this is, or that signed in with it; in one query, so that what is
 * taken back stops working everywhere at once. Fails with UNAUTHENTICATED MISSING_TOKEN for an
 * empty token and INVALID_TOKEN for one that is not known, and as account_check_standing(). */
status_code account_find_by_token(struct db *db, int64_t deadline, struct str token,
                                  struct account *ret_account, struct status *st) _must_check_;

/* The same, as account_check_owner(). */
status_code account_find_by_owner(struct db *db, int64_t deadline, struct str token,
                                  struct account *ret_account, struct status *st) _must_check_;

/* The account with this e-mail address or id, locked until the transaction ends. Fails with
 * NOT_FOUND ACCOUNT_NOT_FOUND, for one that is deleted too. */
status_code account_find_locked(struct db_tx *tx, const char *email_or_id,
                                struct account *ret_account, struct status *st) _must_check_;

/* What the account has used in the period that now is. */
status_code account_read_state(struct db_tx *tx, const struct account *account,
                               struct account_state *ret_state, struct status *st) _must_check_;

/* The account of a token, with what it has used. Fails as account_find_by_token() does. */
status_code account_get(struct db *db, int64_t deadline, struct str token,
                        struct account_state *ret_state, struct status *st) _must_check_;

/* Who calls with `token`, or, when it is empty, from `client_address`. A token that is not known
 * is UNAUTHENTICATED INVALID_TOKEN, never anonymous.
 *
 * @requests: of the caller's that the call stands for, counted all or none; 0: it only asks. Beyond
 * the plan's requests a minute they are RESOURCE_EXHAUSTED RATE_LIMITED with a time to retry and
 * the facts "limit" and "reset_ms". Those with a wrong token are requests of the address. */
status_code account_authenticate(struct db *db, int64_t deadline, struct str token,
                                 const char *client_address, int32_t requests,
                                 struct principal *ret_principal, struct status *st) _must_check_;
/* The same, as account_check_owner(). */
status_code account_authenticate_owner(struct db *db, int64_t deadline, struct str token,
                                       const char *client_address, int32_t requests,
                                       struct principal *ret_principal,
                                       struct status *st) _must_check_;
