#pragma once

/*
 * Forgotten passwords: a code by mail, good for an hour and for one use.
 *
 * Asking only notes the address, whether it has an account or not; what follows happens beside the
 * calls, on any replica, so that neither an answer nor its time tells who has an account. Mail that
 * the server does not take is tried again for as long as a code would be good.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct db;
struct mail_settings;
struct password_hasher;

enum { PASSWORD_RESET_LIFETIME_MS = 60 * 60 * 1000 };

/* Fails with INVALID_ARGUMENT INVALID_FIELD (email) for what is no address, and as attempt_spend()
 * does for a client address that asked too often. An e-mail address that too much mail was asked
 * for gets none, and nobody is told. */
status_code password_reset_request(struct db *db, int64_t deadline, const char *email,
                                   const char *client_address, struct status *st) _must_check_;

/* Sets the password of the account that the code was mailed to, and signs everybody out. Fails with
 * INVALID_ARGUMENT INVALID_CODE (code), and as password_check() and password_hash() do; the code is
 * then still good. */
status_code password_reset_use(struct db *db, int64_t deadline, struct password_hasher *hasher,
                               const char *code, const char *new_password,
                               struct status *st) _must_check_;

/* Sends one mail that is due; blocks on the mail server too. *ret_found: there was one. Mail that
 * cannot be sent is logged, and no failure here. */
status_code password_reset_send_due(struct db *db, int64_t deadline,
                                    const struct mail_settings *settings, bool *ret_found,
                                    struct status *st) _must_check_;

status_code password_reset_forget_old(struct db *db, int64_t deadline,
                                      struct status *st) _must_check_;
