#pragma once

/*
 * What operators do with accounts besides credits: list them, change plans, suspend.
 *
 * A change holds from the next call on: nothing of it is kept anywhere but in the database. Thread
 * rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/account.h"

struct db;

enum {
    OPERATOR_PAGE_DEFAULT = 100,
    OPERATOR_PAGE_MAX = 1000,
};

struct operator_list {
    size_t page_size;           /* 1 to OPERATOR_PAGE_MAX */
    const char *after;          /* the e-mail address that the page before ended with, or empty */
    const char *email_contains; /* in upper or lower case; empty: all */
};

/*
 * Accounts by e-mail address, without those that are deleted. Of their plans the name alone is
 * told.
 *
 * @ret_states: room for `page_size`. *ret_has_more: there are more after the last one.
 *
 * Fails with INVALID_ARGUMENT INVALID_FIELD (page_token, email_contains).
 */
status_code operator_list_accounts(struct db *db, int64_t deadline,
                                   const struct operator_list *request,
                                   struct account_state *ret_states, size_t *ret_count,
                                   bool *ret_has_more, struct status *st) _must_check_;

/* @account: e-mail address or id. These fail with NOT_FOUND ACCOUNT_NOT_FOUND. */

/* Fails with INVALID_ARGUMENT INVALID_FIELD (plan) for one that there is not, naming those that
 * there are, and for that of callers without an account. */
status_code operator_change_plan(struct db *db, int64_t deadline, const char *account,
                                 const char *plan, struct account_state *ret_state,
                                 struct status *st) _must_check_;
/* False lifts it. */
status_code operator_suspend(struct db *db, int64_t deadline, const char *account,
                             bool is_suspended, struct account_state *ret_state,
                             struct status *st) _must_check_;
