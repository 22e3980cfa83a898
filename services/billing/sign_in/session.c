#include "services/billing/sign_in/session.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/db.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/sign_in/attempt.h"
#include "services/billing/sign_in/password.h"
#include "services/billing/sign_in/store_session.h"

/* --- passwords --- */

/* The counted attempts of one check. */
struct counted {
    struct attempt from_address;
    struct attempt of_account;
};

static status_code count(struct db *db, int64_t deadline, const char *client_address,
                         const char *key, struct counted *ret_counted, struct status *st)
{
    struct counted counted = {.of_account = attempt_of_email(ATTEMPT_PASSWORD_OF_ACCOUNT, key)};

    TRY(attempt_of_address(ATTEMPT_PASSWORD_FROM_ADDRESS, client_address, &counted.from_address,
                           st));
    TRY(attempt_spend(db, deadline, &counted.from_address, st));
    TRY(attempt_spend(db, deadline, &counted.of_account, st));
    *ret_counted = counted;
    return STATUS_OK;
}

static status_code take_back(struct db *db, int64_t deadline, const struct counted *counted,
                             struct status *st)
{
    TRY(attempt_refund(db, deadline, &counted->from_address, st));
    return attempt_refund(db, deadline, &counted->of_account, st);
}

status_code session_check_password(struct db *db, int64_t deadline, struct password_hasher *hasher,
                                   const struct session_proof *proof, bool *ret_is_right,
                                   struct store_password *ret_password, struct status *st)
{
    struct store_password stored;
    struct counted counted;
    struct status ignored = {0};
    char key[EMAIL_SIZE];
    bool is_found, is_right;

    /* Nobody has such an address or such a password, whoever has an account. */
    if (!email_is_valid(proof->email) || strlen(proof->password) > PASSWORD_MAX_BYTES) {
        *ret_is_right = false;
        return STATUS_OK;
    }
    email_key(proof->email, key);
    TRY(count(db, deadline, proof->client_address, key, &counted, st));
    TRY(store_password_find(db, deadline, key, &stored, &is_found, st));
    if (password_verify(hasher, deadline, is_found ? stored.hash : NULL, proof->password, &is_right,
                        st) != STATUS_OK) {
        (void)!take_back(db, deadline, &counted, &ignored); /* nothing was tried */
        return st->code;
    }
    if (is_right) {
        TRY(take_back(db, deadline, &counted, st));
        *ret_password = stored;
    }
    *ret_is_right = is_right;
    return STATUS_OK;
}

/* --- sign-ins --- */

struct creation {
    struct store_password password;
    unsigned char hash[TOKEN_HASH_SIZE];
    int64_t create_time, expire_time;
    struct account_state state;
    bool is_right; /* the password still is */
};

static status_code create_body(struct db_tx *tx, void *arg, struct status *st)
{
    struct creation *creation = arg;
    struct account account;
    bool is_found;

    TRY(store_account_lock(tx, creation->password.account_id, &account, &is_found, st));
    TRY(store_password_holds(tx, &creation->password, &creation->is_right, st));
    if (!creation->is_right)
        return STATUS_OK;
    TRY(account_check_owner(&account, st));
    TRY(store_session_insert(tx, account.id, creation->hash, creation->create_time,
                             creation->expire_time, SESSIONS_MAX, st));
    return account_read_state(tx, &account, &creation->state, st);
}

status_code session_create(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           const struct session_proof *proof, int64_t lifetime_ms,
                           struct session *ret_session, struct status *st)
{
    struct creation creation = {.create_time = time_wall()};
    struct session session;

    TRY(session_check_password(db, deadline, hasher, proof, &creation.is_right, &creation.password,
                               st));
    if (creation.is_right) {
        token_make(TOKEN_SESSION, session.secret);
        token_hash(str_of(session.secret), creation.hash);
        creation.expire_time = creation.create_time + lifetime_ms * NANOSECONDS_PER_MS;
        TRY(db_run(db, deadline, create_body, &creation, st));
    }
    if (!creation.is_right)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_CREDENTIALS",
                    "the e-mail address or the password is not right");
    session.expire_time = creation.expire_time;
    session.state = creation.state;
    *ret_session = session;
    return STATUS_OK;
}

static status_code delete_all_body(struct db_tx *tx, void *arg, struct status *st)
{
    return store_session_delete_others(tx, arg, NULL, st);
}

status_code session_delete(struct db *db, int64_t deadline, struct str secret, bool is_everywhere,
                           struct status *st)
{
    unsigned char hash[TOKEN_HASH_SIZE];
    struct account account;
    bool is_found;

    if (is_everywhere || secret.n == 0) {
        TRY(account_find_by_owner(db, deadline, secret, &account, st));
        return db_run(db, deadline, delete_all_body, account.id, st);
    }
    token_hash(secret, hash);
    TRY(store_session_delete(db, deadline, hash, time_wall(), &is_found, st));
    if (!is_found)
        return FAIL(st, STATUS_UNAUTHENTICATED, "INVALID_TOKEN",
                    "you are not signed in with this, so there is nothing to sign out of");
    return STATUS_OK;
}

struct change {
    struct store_password old, new;
    unsigned char caller_hash[TOKEN_HASH_SIZE];
};

static status_code fail_wrong(struct status *st)
{
    return FAIL(st, STATUS_PERMISSION_DENIED, "WRONG_PASSWORD",
                "the present password is not right");
}

static status_code change_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct change *change = arg;
    struct account account;
    bool is_found, is_right, is_done = false;

    TRY(store_account_lock(tx, change->old.account_id, &account, &is_found, st));
    TRY(store_password_holds(tx, &change->old, &is_right, st));
    if (!is_right) /* it is ours already when an earlier attempt was committed */
        TRY(store_password_holds(tx, &change->new, &is_done, st));
    if (!is_right && !is_done)
        return fail_wrong(st);
    TRY(store_password_change(tx, change->new.account_id, change->new.hash, st));
    return store_session_delete_others(tx, change->new.account_id, change->caller_hash, st);
}

status_code session_change_password(struct db *db, int64_t deadline, struct password_hasher *hasher,
                                    const struct session_password_change *change, struct status *st)
{
    struct change made;
    struct account account;
    bool is_right;

    TRY(account_find_by_token(db, deadline, change->token, &account, st));
    TRY(session_check_password(
        db, deadline, hasher,
        &(struct session_proof){account.email, change->current_password, change->client_address},
        &is_right, &made.old, st));
    if (!is_right)
        return fail_wrong(st);
    if (password_check(change->new_password, account.email, st) != STATUS_OK)
        return status_set_field(st, "new_password");
    memcpy(made.new.account_id, made.old.account_id, UUID_SIZE);
    TRY(password_hash(hasher, deadline, change->new_password, made.new.hash, st));
    token_hash(change->token, made.caller_hash);
    return db_run(db, deadline, change_body, &made, st);
}

status_code session_forget_old(struct db *db, int64_t deadline, struct status *st)
{
    TRY(store_session_forget(db, deadline, time_wall(), st));
    return attempt_forget_old(db, deadline, st);
}
