#pragma once

/*
 * Sign-ins and the attempts at them in the database.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/token.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/uuid.h"

struct db;
struct db_tx;

/* --- attempts (attempt.h) --- */

/* Counts one, unless those before it are paid for longer than `window_ms` from now;
 * *ret_paid_time tells until when, if it is not spent. */
status_code store_attempt_spend(struct db *db, int64_t deadline, const char *key, int64_t now,
                                int64_t interval_ms, int64_t window_ms, bool *ret_spent,
                                int64_t *ret_paid_time, struct status *st) _must_check_;
status_code store_attempt_refund(struct db *db, int64_t deadline, const char *key,
                                 int64_t interval_ms, struct status *st) _must_check_;
/* All of them. */
status_code store_attempt_clear(struct db_tx *tx, const char *key, struct status *st) _must_check_;
status_code store_attempt_forget(struct db *db, int64_t deadline, int64_t now,
                                 struct status *st) _must_check_;

/* --- passwords --- */

struct store_password {
    char account_id[UUID_SIZE];
    char hash[PASSWORD_HASH_SIZE];
};
status_code store_password_find(struct db *db, int64_t deadline, const char *email_key,
                                struct store_password *ret_password, bool *ret_found,
                                struct status *st) _must_check_;
/* Whether it is the account's password still, once no change of it is under way: with the account
 * locked (store_account_lock()) it stays so until the transaction ends. */
status_code store_password_holds(struct db_tx *tx, const struct store_password *password,
                                 bool *ret_holds, struct status *st) _must_check_;
status_code store_password_change(struct db_tx *tx, const char *account_id,
                                  const char *password_hash, struct status *st) _must_check_;

/* --- sign-ins --- */

/* Repeating it with the same hash changes nothing. The oldest beyond `sessions_max` of the account
 * go. */
status_code store_session_insert(struct db_tx *tx, const char *account_id,
                                 const unsigned char *hash, int64_t create_time,
                                 int64_t expire_time, int64_t sessions_max,
                                 struct status *st) _must_check_;
status_code store_session_delete(struct db *db, int64_t deadline, const unsigned char *hash,
                                 int64_t now, bool *ret_found, struct status *st) _must_check_;
/* Those of the account, but for the one with the hash `but_hash`, which may be NULL. */
status_code store_session_delete_others(struct db_tx *tx, const char *account_id,
                                        const unsigned char *but_hash,
                                        struct status *st) _must_check_;
status_code store_session_forget(struct db *db, int64_t deadline, int64_t now,
                                 struct status *st) _must_check_;
