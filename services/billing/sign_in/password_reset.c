#include "services/billing/sign_in/password_reset.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "lib/log/log.h"
#include "services/billing/accounts/email.h"
#include "services/billing/sign_in/attempt.h"
#include "services/billing/sign_in/mail.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/sign_in/store_reset.h"
#include "services/billing/sign_in/store_session.h"

enum {
    CLAIM_MS = 2 * MAIL_TIMEOUT_MS, /* nobody else sends it meanwhile */
    RETRY_FIRST_MS = 1000,          /* doubled with each try */
    RETRY_MAX_MS = 10 * 60 * 1000,
};

#define LIFETIME_NS (PASSWORD_RESET_LIFETIME_MS * NANOSECONDS_PER_MS)

/* --- asking --- */

status_code password_reset_request(struct db *db, int64_t deadline, const char *email,
                                   const char *client_address, struct status *st)
{
    struct attempt from_address, to_account;
    struct status refused = {0};
    char key[EMAIL_SIZE];

    if (!email_is_valid(email))
        return FAIL_FIELD(st, "email", "INVALID_FIELD", "the e-mail address is not valid");
    email_key(email, key);
    TRY(attempt_of_address(ATTEMPT_MAIL_FROM_ADDRESS, client_address, &from_address, st));
    TRY(attempt_spend(db, deadline, &from_address, st));
    to_account = attempt_of_email(ATTEMPT_MAIL_TO_ACCOUNT, key);
    if (attempt_spend(db, deadline, &to_account, &refused) == STATUS_RESOURCE_EXHAUSTED)
        return STATUS_OK;
    if (refused.code != STATUS_OK) {
        *st = refused;
        return st->code;
    }
    return store_reset_request(db, deadline, key, time_wall(), st);
}

/* --- mail --- */

static status_code mail_code(struct db *db, int64_t deadline, const struct mail_settings *settings,
                             const struct store_reset *reset, struct status *st)
{
    unsigned char hash[TOKEN_HASH_SIZE];
    char code[TOKEN_SIZE], text[1024];

    token_make(TOKEN_RESET, code);
    token_hash(str_of(code), hash);
    TRY(store_reset_code_insert(db, deadline, hash, reset->account_id, time_wall() + LIFETIME_NS,
                                st));
    (void)snprintf(text, sizeof(text),
                   "Somebody, hopefully you, asked to reset the password of your account here.\n"
                   "This code is good for one hour and for one use:\n"
                   "\n"
                   "    %s\n"
                   "\n"
                   "Paste it where you asked for it, or send it with your new password to\n"
                   "POST /api/v1/account/password/reset/confirm/\n"
                   "as {\"code\": ..., \"new_password\": ...}.\n"
                   "\n"
                   "If it was not you, there is nothing to do: your password stays as it is.\n",
                   code);
    return mail_send(settings,
                     &(struct mail){
                         .to = reset->email,
                         .subject = "Your code to reset the password",
                         .text = text,
                     },
                     st);
}

static int64_t retry_after_ns(int32_t tries)
{
    int64_t wait_ms = RETRY_FIRST_MS;

    while (--tries > 0 && wait_ms < RETRY_MAX_MS)
        wait_ms *= 2;
    return (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS) * NANOSECONDS_PER_MS;
}

status_code password_reset_send_due(struct db *db, int64_t deadline,
                                    const struct mail_settings *settings, bool *ret_found,
                                    struct status *st)
{
    const int64_t now = time_wall();
    struct status failure = {0};
    struct store_reset reset;
    bool is_found;

    TRY(store_reset_claim(db, deadline, now, now + CLAIM_MS * NANOSECONDS_PER_MS, &reset, &is_found,
                          st));
    *ret_found = is_found;
    if (!is_found)
        return STATUS_OK;
    if (reset.account_id[0] != '\0' &&
        mail_code(db, deadline, settings, &reset, &failure) != STATUS_OK) {
        log_failure(LOG_WARNING, "cannot send mail to reset a password", &failure,
                    LOG_STRING("account_id", reset.account_id), LOG_INTEGER("tries", reset.tries));
        if (failure.code != STATUS_FAILED_PRECONDITION && now - reset.create_time < LIFETIME_NS)
            return store_reset_put_off(db, deadline, reset.id, now + retry_after_ns(reset.tries),
                                       st);
    }
    return store_reset_request_delete(db, deadline, reset.id, st);
}

/* --- use --- */

struct use {
    struct attempt wrong_passwords; /* of the account */
    unsigned char code_hash[TOKEN_HASH_SIZE];
    char account_id[UUID_SIZE];
    char password_hash[PASSWORD_HASH_SIZE];
    int64_t now;
};

static status_code fail_code(struct status *st)
{
    return FAIL_FIELD(st, "code", "INVALID_CODE",
                      "this code is not valid, was used, or has expired; ask for a new one");
}

static status_code use_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct use *use = arg;
    bool is_good;

    TRY(store_reset_code_use(tx, use->code_hash, use->account_id, use->now, &is_good, st));
    if (!is_good)
        return fail_code(st);
    TRY(store_password_change(tx, use->account_id, use->password_hash, st));
    /* Who has the code may sign in with the new password at once. */
    TRY(attempt_clear(tx, &use->wrong_passwords, st));
    return store_session_delete_others(tx, use->account_id, NULL, st);
}

status_code password_reset_use(struct db *db, int64_t deadline, struct password_hasher *hasher,
                               const char *code, const char *new_password, struct status *st)
{
    struct use use = {.now = time_wall()};
    char email[EMAIL_SIZE], key[EMAIL_SIZE];
    bool is_found;

    token_hash(str_of(code), use.code_hash);
    TRY(store_reset_code_find(db, deadline, use.code_hash, use.now, use.account_id, email,
                              &is_found, st));
    if (!is_found)
        return fail_code(st);
    if (password_check(new_password, email, st) != STATUS_OK)
        return status_set_field(st, "new_password");
    TRY(password_hash(hasher, deadline, new_password, use.password_hash, st));
    email_key(email, key);
    use.wrong_passwords = attempt_of_email(ATTEMPT_PASSWORD_OF_ACCOUNT, key);
    return db_run(db, deadline, use_body, &use, st);
}

status_code password_reset_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    return store_reset_forget(db, deadline, time_wall(), st);
}
