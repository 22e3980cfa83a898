#include "services/billing/accounts/account.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/sign_in/password.h"

enum { MS_PER_SECOND = 1000 };

status_code account_read_state(struct db_tx *tx, const struct account *account,
                               struct account_state *ret_state, struct status *st)
{
    struct period period = period_of(&account->plan, time_wall());
    struct payment used;

    TRY(store_usage(tx, account->id, &period, &used, st));
    *ret_state = (struct account_state){
        .account = *account,
        .used_credits = used.quota_credits + used.paid_credits,
        .cap_credits = period.cap_credits,
        .reset_time = period.reset_time,
    };
    return STATUS_OK;
}

status_code account_find_locked(struct db_tx *tx, const char *email_or_id,
                                struct account *ret_account, struct status *st)
{
    struct account account;
    bool is_found;

    TRY(store_account_find(tx, email_or_id, &account, &is_found, st));
    if (is_found)
        TRY(store_account_lock(tx, account.id, &account, &is_found, st));
    if (!is_found || account.standing == ACCOUNT_DELETED)
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no account '%.100s'",
                    email_or_id);
    *ret_account = account;
    return STATUS_OK;
}

/* --- creation --- */

struct creation {
    struct store_new_account row;
    bool is_created;
    struct account_state state;
};

static status_code create_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct creation *creation = arg;
    struct account account;
    bool is_found;

    TRY(store_account_insert(tx, &creation->row, &creation->is_created, st));
    if (!creation->is_created)
        return STATUS_OK;
    TRY(store_account_lock(tx, creation->row.id, &account, &is_found, st));
    return account_read_state(tx, &account, &creation->state, st);
}

static status_code fail_exists(struct status *st)
{
    return FAIL(st, STATUS_ALREADY_EXISTS, "ACCOUNT_EXISTS",
                "there is an account with this e-mail address already");
}

status_code account_create(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           const char *email, const char *password, struct account_state *ret_state,
                           char ret_token[static TOKEN_SIZE], struct status *st)
{
    struct creation creation = {.row = {.email = email, .create_time = time_wall()}};
    char hash[PASSWORD_HASH_SIZE], token[TOKEN_SIZE];
    bool exists;

    if (!email_is_valid(email))
        return FAIL_FIELD(st, "email", "INVALID_FIELD", "the e-mail address is not valid");
    TRY(password_check(password, email, st));
    email_key(email, creation.row.email_key);
    /* Before the costly hash; the insertion below has the last word. */
    TRY(store_email_exists(db, deadline, creation.row.email_key, &exists, st));
    if (exists)
        return fail_exists(st);
    TRY(password_hash(hasher, deadline, password, hash, st));

    token_make(TOKEN_API, token);
    token_hash(str_of(token), creation.row.token_hash);
    memcpy(creation.row.token_hint, token, TOKEN_HINT_SIZE - 1);
    uuid_make(creation.row.id);
    uuid_make(creation.row.token_id);
    creation.row.password_hash = hash;
    TRY(db_run(db, deadline, create_body, &creation, st));
    if (!creation.is_created)
        return fail_exists(st);
    *ret_state = creation.state;
    memcpy(ret_token, token, sizeof(token));
    return STATUS_OK;
}

/* --- who calls --- */

status_code account_check_standing(const struct account *account, struct status *st)
{
    switch (account->standing) {
    case ACCOUNT_ACTIVE:
        return STATUS_OK;
    case ACCOUNT_SUSPENDED:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "SUSPENDED",
                    "this account is suspended; ask the operator of this server why (its data can "
                    "be had, by GET /api/v1/account/export/, and deleted, by DELETE "
                    "/api/v1/account/)");
    default:
        return FAIL(st, STATUS_NOT_FOUND, "ACCOUNT_NOT_FOUND", "there is no such account");
    }
}

status_code account_check_owner(const struct account *account, struct status *st)
{
    return account->standing == ACCOUNT_SUSPENDED ? STATUS_OK : account_check_standing(account, st);
}

/* @check: account_check_standing() or account_check_owner(). */
typedef status_code check_account(const struct account *account, struct status *st);

static status_code find_by_token(struct db *db, int64_t deadline, struct str token,
                                 int32_t requests, check_account *check,
                                 struct account *ret_account, struct request_rate *ret_rate,
                                 struct status *st)
{
    unsigned char hash[TOKEN_HASH_SIZE];
    bool is_found;

    if (token.n == 0)
        return FAIL(st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
                    "this needs an account: sign in, or send an API token as"
                    " \"Authorization: Bearer TOKEN\"");
    token_hash(token, hash);
    TRY(store_account_by_token(db, deadline, hash, requests, time_wall(), ret_account, ret_rate,
                               &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN",
                    "this API token is not valid, or you were signed out; see that the token is"
                    " whole, or sign in and make another one");
    return check(ret_account, st);
}

status_code account_find_by_token(struct db *db, int64_t deadline, struct str token,
                                  struct account *ret_account, struct status *st)
{
    struct request_rate rate;

    return find_by_token(db, deadline, token, 0, account_check_standing, ret_account, &rate, st);
}

status_code account_find_by_owner(struct db *db, int64_t deadline, struct str token,
                                  struct account *ret_account, struct status *st)
{
    struct request_rate rate;

    return find_by_token(db, deadline, token, 0, account_check_owner, ret_account, &rate, st);
}

static status_code state_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct account_state *state = arg;
    const struct account account = state->account;

    return account_read_state(tx, &account, state, st);
}

status_code account_get(struct db *db, int64_t deadline, struct str token,
                        struct account_state *ret_state, struct status *st)
{
    struct account_state state;

    TRY(account_find_by_token(db, deadline, token, &state.account, st));
    TRY(db_run(db, deadline, state_body, &state, st));
    *ret_state = state;
    return STATUS_OK;
}

static status_code check_rate(const struct plan *plan, const struct request_rate *rate,
                              struct status *st)
{
    int64_t seconds = (rate->wait_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;

    if (!rate->is_refused)
        return STATUS_OK;
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
               "too many requests: the plan '%s' takes %d a minute; try again in %" PRId64
               " second%s",
               plan->name, rate->per_minute, seconds, seconds == 1 ? "" : "s");
    st->retry_after_ms = rate->wait_ms;
    (void)status_add_info(st, "limit", "%d", rate->per_minute);
    return status_add_info(st, "reset_ms", "%" PRId64, rate->full_ms);
}

/* A wrong token is nobody's, so its address pays for it: that guessing has an end. Returns the
 * failure that stands in *st, or that of too many requests. */
static status_code count_stranger(struct db *db, int64_t deadline, const char *client_address,
                                  int32_t requests, struct status *st)
{
    char key[ADDRESS_KEY_SIZE];
    struct request_rate rate;
    struct plan plan;
    struct status failure = {0};

    if (address_key(client_address, key, &failure) != STATUS_OK ||
        store_anonymous_plan(db, deadline, key, requests, &plan, &rate, &failure) != STATUS_OK ||
        check_rate(&plan, &rate, &failure) != STATUS_OK)
        *st = failure;
    return st->code;
}

static status_code authenticate(struct db *db, int64_t deadline, struct str token,
                                const char *client_address, int32_t requests, check_account *check,
                                struct principal *ret_principal, struct status *st)
{
    struct principal principal = {.is_anonymous = token.n == 0};
    struct account account;

    if (principal.is_anonymous) {
        TRY(address_key(client_address, principal.key, st));
        TRY(store_anonymous_plan(db, deadline, principal.key, requests, &principal.plan,
                                 &principal.rate, st));
    } else {
        status_code code =
            find_by_token(db, deadline, token, requests, check, &account, &principal.rate, st);
        if (code == STATUS_UNAUTHENTICATED && requests > 0)
            return count_stranger(db, deadline, client_address, requests, st);
        if (code != STATUS_OK)
            return code;
        memcpy(principal.account_id, account.id, sizeof(account.id));
        memcpy(principal.key, account.id, sizeof(account.id));
        principal.plan = account.plan;
    }
    TRY(check_rate(&principal.plan, &principal.rate, st));
    *ret_principal = principal;
    return STATUS_OK;
}

status_code account_authenticate(struct db *db, int64_t deadline, struct str token,
                                 const char *client_address, int32_t requests,
                                 struct principal *ret_principal, struct status *st)
{
    return authenticate(db, deadline, token, client_address, requests, account_check_standing,
                        ret_principal, st);
}

status_code account_authenticate_owner(struct db *db, int64_t deadline, struct str token,
                                       const char *client_address, int32_t requests,
                                       struct principal *ret_principal, struct status *st)
{
    return authenticate(db, deadline, token, client_address, requests, account_check_owner,
                        ret_principal, st);
}
