#include "services/billing/accounts/account_token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/utf8.h"
#include "lib/db/db.h"
#include "services/billing/accounts/account.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/accounts/store_token.h"

/* Greater than any: a list starts before it. */
#define ID_LAST "ffffffff-ffff-ffff-ffff-ffffffffffff"

static status_code fail_not_found(struct status *st)
{
    return FAIL(st, STATUS_NOT_FOUND, "TOKEN_NOT_FOUND", "your account has no such token");
}

static status_code check_name(const char *name, struct status *st)
{
    size_t length = strlen(name);

    if (length == 0 || length > ACCOUNT_TOKEN_NAME_MAX_BYTES)
        return FAIL_FIELD(st, "name", "INVALID_FIELD",
                          "name says what the token is for, in 1 to %d bytes",
                          ACCOUNT_TOKEN_NAME_MAX_BYTES);
    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        i += utf8_decode(name + i, length - i, &character, &is_valid);
        if (!is_valid || character < ' ' || (character >= 0x7f && character <= 0x9f))
            return FAIL_FIELD(st, "name", "INVALID_FIELD", "name must not have control characters");
    }
    return STATUS_OK;
}

static void make_secret(char secret[static TOKEN_SIZE], char hint[static TOKEN_HINT_SIZE],
                        unsigned char hash[static TOKEN_HASH_SIZE])
{
    token_make(TOKEN_API, secret);
    token_hash(str_of(secret), hash);
    memcpy(hint, secret, TOKEN_HINT_SIZE - 1);
    hint[TOKEN_HINT_SIZE - 1] = '\0';
}

/* --- create --- */

struct creation {
    const char *account_id;
    struct account_token token;
    unsigned char hash[TOKEN_HASH_SIZE];
};

static status_code create_body(struct db_tx *tx, void *arg, struct status *st)
{
    const struct creation *creation = arg;
    struct account account;
    int64_t count;
    bool is_found;

    /* Locked, so that two at once do not both find room for the last one. */
    TRY(store_account_lock(tx, creation->account_id, &account, &is_found, st));
    TRY(store_token_insert(tx, creation->account_id, &creation->token, creation->hash, st));
    TRY(store_token_count(tx, creation->account_id, &count, st));
    if (count > ACCOUNT_TOKENS_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "TOO_MANY_TOKENS",
                    "your account has %d tokens, the most that it may have; delete one first",
                    ACCOUNT_TOKENS_MAX);
    return STATUS_OK;
}

status_code account_token_create(struct db *db, int64_t deadline, struct str caller,
                                 const char *name, struct account_token *ret_token,
                                 char ret_secret[static TOKEN_SIZE], struct status *st)
{
    struct creation creation = {.token = {.create_time = time_wall()}};
    char secret[TOKEN_SIZE];
    struct account account;

    TRY(account_find_by_token(db, deadline, caller, &account, st));
    TRY(check_name(name, st));
    make_secret(secret, creation.token.hint, creation.hash);
    uuid_make(creation.token.id);
    memcpy(creation.token.name, name, strlen(name) + 1);
    creation.account_id = account.id;
    TRY(db_run(db, deadline, create_body, &creation, st));
    *ret_token = creation.token;
    memcpy(ret_secret, secret, sizeof(secret));
    return STATUS_OK;
}

/* --- list --- */

/* "NANOSECONDS.UUID" of the last one on a page. */
static bool read_cursor(const char *cursor, int64_t *ret_time, const char **ret_id)
{
    struct str rest = str_of(cursor), time;

    if (cursor[0] == '\0') {
        *ret_time = INT64_MAX;
        *ret_id = ID_LAST;
        return true;
    }
    if (!str_next_token(&rest, '.', &time) || rest.p == NULL || !uuid_is_valid(rest.p) ||
        !str_to_int64(time, ret_time) || *ret_time < 0)
        return false;
    *ret_id = rest.p;
    return true;
}

status_code account_token_list(struct db *db, int64_t deadline, struct str caller,
                               const char *cursor, size_t count_max,
                               struct account_token ret_tokens[static ACCOUNT_TOKEN_PAGE_MAX],
                               size_t *ret_count, char ret_next[static ACCOUNT_TOKEN_CURSOR_SIZE],
                               struct status *st)
{
    struct account account;
    const char *before_id;
    int64_t before_time;

    TRY(account_find_by_token(db, deadline, caller, &account, st));
    if (!read_cursor(cursor, &before_time, &before_id))
        return FAIL_FIELD(st, "page_token", "INVALID_FIELD",
                          "page_token must be the next_page_token of the page before");
    if (count_max > ACCOUNT_TOKEN_PAGE_MAX)
        count_max = ACCOUNT_TOKEN_PAGE_MAX;
    TRY(store_token_list(db, deadline, account.id, before_time, before_id, count_max, ret_tokens,
                         ret_count, st));
    ret_next[0] = '\0';
    if (*ret_count == count_max && count_max > 0)
        (void)snprintf(ret_next, ACCOUNT_TOKEN_CURSOR_SIZE, "%" PRId64 ".%s",
                       ret_tokens[*ret_count - 1].create_time, ret_tokens[*ret_count - 1].id);
    return STATUS_OK;
}

/* --- rotate and delete --- */

status_code account_token_rotate(struct db *db, int64_t deadline, struct str caller, const char *id,
                                 struct account_token *ret_token,
                                 char ret_secret[static TOKEN_SIZE], struct status *st)
{
    char secret[TOKEN_SIZE], hint[TOKEN_HINT_SIZE];
    unsigned char hash[TOKEN_HASH_SIZE];
    struct account account;
    bool is_found;

    TRY(account_find_by_token(db, deadline, caller, &account, st));
    if (!uuid_is_valid(id))
        return fail_not_found(st);
    make_secret(secret, hint, hash);
    TRY(store_token_rotate(db, deadline, account.id, id, hint, hash, time_wall(), ret_token,
                           &is_found, st));
    if (!is_found)
        return fail_not_found(st);
    memcpy(ret_secret, secret, sizeof(secret));
    return STATUS_OK;
}

status_code account_token_delete(struct db *db, int64_t deadline, struct str caller, const char *id,
                                 struct status *st)
{
    struct account account;
    bool is_found;

    TRY(account_find_by_token(db, deadline, caller, &account, st));
    if (!uuid_is_valid(id))
        return fail_not_found(st);
    TRY(store_token_delete(db, deadline, account.id, id, &is_found, st));
    return is_found ? STATUS_OK : fail_not_found(st);
}
