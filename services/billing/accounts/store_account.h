#pragma once

/*
 * Plans, accounts and tokens in the database.
 *
 * Functions with a transaction are steps of one; those with a database are whole. Rows that are
 * not there set *ret_found to false. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/billing/accounts/account.h"
#include "services/billing/plans/period.h"
#include "services/billing/plans/price.h"

struct db;
struct db_tx;

/* An account's plan is its own, with the limits of the one that holds while it has credits. */

/* Fails with INTERNAL when there is no such plan. */
status_code store_plan(struct db_tx *tx, const char *name, struct plan *ret_plan,
                       struct status *st) _must_check_;

/* Those that everybody is shown, by priority; in the arena. */
enum { STORE_PLANS_MAX = 100 };
status_code store_plans(struct db *db, int64_t deadline, struct arena *arena,
                        const struct plan **ret_plans, size_t *ret_count,
                        struct status *st) _must_check_;

/* Locked until the transaction ends, so that nobody else changes its balance. */
status_code store_account_lock(struct db_tx *tx, const char *id, struct account *ret_account,
                               bool *ret_found, struct status *st) _must_check_;
/* The same, with all that decides on a reservation. */
struct store_purse {
    struct account account;
    struct payment used_day, used_month; /* zero when there is nothing yet */
    int64_t open_reservations;
};
status_code store_account_purse(struct db_tx *tx, const char *id, int64_t day_start_time,
                                int64_t month_start_time, struct store_purse *ret_purse,
                                bool *ret_found, struct status *st) _must_check_;
status_code store_account_find(struct db_tx *tx, const char *email_or_id,
                               struct account *ret_account, bool *ret_found,
                               struct status *st) _must_check_;
/* By the hash of an API token, whose use it notes, to the hour, or of what was given at a sign-in
 * that has not expired. @requests: takes so many of its plan's minute, all or none; the rate says
 * whether they were there. */
status_code store_account_by_token(struct db *db, int64_t deadline, const unsigned char *hash,
                                   int32_t requests, int64_t now, struct account *ret_account,
                                   struct request_rate *ret_rate, bool *ret_found,
                                   struct status *st) _must_check_;
/* The plan of callers without an account; the same for the address with this key. */
status_code store_anonymous_plan(struct db *db, int64_t deadline, const char *principal_key,
                                 int32_t requests, struct plan *ret_plan,
                                 struct request_rate *ret_rate, struct status *st) _must_check_;
/* Removes the rates of callers that have made no request for a while. */
status_code store_forget_rates(struct db *db, int64_t deadline, struct status *st) _must_check_;

struct store_new_account {
    char id[UUID_SIZE];
    const char *email;
    char email_key[EMAIL_SIZE];
    const char *password_hash;
    char token_id[UUID_SIZE];
    char token_hint[TOKEN_HINT_SIZE];
    unsigned char token_hash[TOKEN_HASH_SIZE];
    int64_t create_time;
};
status_code store_email_exists(struct db *db, int64_t deadline, const char *email_key,
                               bool *ret_exists, struct status *st) _must_check_;
/* *ret_created is false when the address belongs to another account. Repeating it with the same
 * ids changes nothing. */
status_code store_account_insert(struct db_tx *tx, const struct store_new_account *new_account,
                                 bool *ret_created, struct status *st) _must_check_;

/* What was used of a period; zero when there is nothing yet. */
status_code store_usage(struct db_tx *tx, const char *principal_key, const struct period *period,
                        struct payment *ret_used, struct status *st) _must_check_;
