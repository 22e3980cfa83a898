#pragma once

/*
 * The API tokens of an account: several, each with a name, to be told apart, rotated and revoked.
 *
 * What is taken back stops working with the next call, on every replica. Every function takes the
 * caller's own token (or what it signed in with) and fails as account_find_by_token() does.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/billing/accounts/token.h"
#include "services/billing/uuid.h"

struct db;

enum {
    ACCOUNT_TOKENS_MAX = 100, /* of an account */
    ACCOUNT_TOKEN_NAME_MAX_BYTES = 100,
    ACCOUNT_TOKEN_PAGE_MAX = 100, /* of a list at once */
    ACCOUNT_TOKEN_CURSOR_SIZE = 64,
};

struct account_token {
    char id[UUID_SIZE];
    char name[ACCOUNT_TOKEN_NAME_MAX_BYTES + 1];
    char hint[TOKEN_HINT_SIZE];
    int64_t create_time;    /* of its present secret; wall nanoseconds */
    int64_t last_used_time; /* to the hour; 0: never */
};

/* Fails with INVALID_ARGUMENT INVALID_FIELD (name), FAILED_PRECONDITION TOO_MANY_TOKENS. */
status_code account_token_create(struct db *db, int64_t deadline, struct str caller,
                                 const char *name, struct account_token *ret_token,
                                 char ret_secret[static TOKEN_SIZE],
                                 struct status *st) _must_check_;

/* A page of them, newest first. @cursor: of the page before; "": from the start. @ret_next: of the
 * next page; "": there is none. Fails with INVALID_ARGUMENT INVALID_FIELD (page_token). */
status_code account_token_list(struct db *db, int64_t deadline, struct str caller,
                               const char *cursor, size_t count_max,
                               struct account_token ret_tokens[static ACCOUNT_TOKEN_PAGE_MAX],
                               size_t *ret_count, char ret_next[static ACCOUNT_TOKEN_CURSOR_SIZE],
                               struct status *st) _must_check_;

/* A new secret for the token. Fails with NOT_FOUND TOKEN_NOT_FOUND. */
status_code account_token_rotate(struct db *db, int64_t deadline, struct str caller, const char *id,
                                 struct account_token *ret_token,
                                 char ret_secret[static TOKEN_SIZE],
                                 struct status *st) _must_check_;

/* Fails with NOT_FOUND TOKEN_NOT_FOUND. */
status_code account_token_delete(struct db *db, int64_t deadline, struct str caller, const char *id,
                                 struct status *st) _must_check_;
