#pragma once

/* What operators ask of the database, besides the ledger. Thread rule: any thread. */

#include "services/billing/accounts/operator.h"

struct db_tx;

/* As operator_list_accounts(). */
status_code store_operator_list(struct db *db, int64_t deadline,
                                const struct operator_list *request,
                                struct account_state *ret_states, size_t *ret_count,
                                bool *ret_has_more, struct status *st) _must_check_;

/* *ret_found: whether there is such a plan. */
status_code store_operator_set_plan(struct db_tx *tx, const char *account_id, const char *plan,
                                    bool *ret_found, struct status *st) _must_check_;
/* "anonymous, free, ..." */
enum { STORE_PLAN_NAMES_SIZE = 160 };
status_code store_operator_plan_names(struct db_tx *tx, char ret_names[STORE_PLAN_NAMES_SIZE],
                                      struct status *st) _must_check_;

status_code store_operator_suspend(struct db_tx *tx, const char *account_id, bool is_suspended,
                                   struct status *st) _must_check_;
