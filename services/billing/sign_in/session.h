#pragma once

/*
 * Signing in and out, and the passwords that it takes.
 *
 * Who signs in gets a secret of its own (token.h) that is used as a token is until it expires or is
 * signed out. Checking a password is slowed by account and by address (attempt.h), and it takes the
 * same steps for an e-mail address without an account.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/account.h"
#include "services/billing/sign_in/store_session.h"

struct db;
struct password_hasher;

enum { SESSIONS_MAX = 100 }; /* of an account; the oldest go */

struct session {
    char secret[TOKEN_SIZE]; /* told this once */
    int64_t expire_time;     /* wall nanoseconds */
    struct account_state state;
};

/* Where a password comes from. */
struct session_proof {
    const char *email;
    const char *password;
    const char *client_address;
};

/* Whether the password is that of the account with the e-mail address. Fails as attempt_spend(),
 * address_key() and password_verify() do. @ret_password: set when it is. Checking takes long enough
 * for the owner to change it meanwhile, who counts on the old one to be worth nothing: what it is
 * good for has to see in its own transaction that it holds (store_password_holds()). */
status_code session_check_password(struct db *db, int64_t deadline, struct password_hasher *hasher,
                                   const struct session_proof *proof, bool *ret_is_right,
                                   struct store_password *ret_password,
                                   struct status *st) _must_check_;

/* Signs in. Fails with UNAUTHENTICATED INVALID_CREDENTIALS, and as session_check_password()
 * and account_check_owner() do. */
status_code session_create(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           const struct session_proof *proof, int64_t lifetime_ms,
                           struct session *ret_session, struct status *st) _must_check_;

/* Signs out whom `secret` signed in, or all who signed in to its account; fails with
 * UNAUTHENTICATED MISSING_TOKEN, and INVALID_TOKEN when it has ended already or is no such secret.
 * @is_everywhere: API tokens may ask for that, too. */
status_code session_delete(struct db *db, int64_t deadline, struct str secret, bool is_everywhere,
                           struct status *st) _must_check_;

/* Changes the password of the account whose secret or token it is, and signs out everybody but who
 * does so. Fails as account_find_by_token() and password_check() do, and with PERMISSION_DENIED
 * WRONG_PASSWORD for a wrong present one. */
struct session_password_change {
    struct str token;
    const char *current_password;
    const char *new_password;
    const char *client_address;
};
status_code session_change_password(struct db *db, int64_t deadline, struct password_hasher *hasher,
                                    const struct session_password_change *change,
                                    struct status *st) _must_check_;

/* Forgets what has expired, attempts included. */
status_code session_forget_old(struct db *db, int64_t deadline, struct status *st) _must_check_;
