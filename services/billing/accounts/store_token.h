#pragma once

/* API tokens in the database. Rows that are not there set *ret_found to false. Any thread. */

#include <stdbool.h>

#include "services/billing/accounts/account_token.h"

struct db_tx;

/* Repeating it with the same id changes nothing. */
status_code store_token_insert(struct db_tx *tx, const char *account_id,
                               const struct account_token *token, const unsigned char *hash,
                               struct status *st) _must_check_;
status_code store_token_count(struct db_tx *tx, const char *account_id, int64_t *ret_count,
                              struct status *st) _must_check_;

/* Up to `count_max`, newest first, of those before (time, id). */
status_code store_token_list(struct db *db, int64_t deadline, const char *account_id,
                             int64_t before_time, const char *before_id, size_t count_max,
                             struct account_token *ret_tokens, size_t *ret_count,
                             struct status *st) _must_check_;

/* Gives the token of the account another secret; one that was never used. */
status_code store_token_rotate(struct db *db, int64_t deadline, const char *account_id,
                               const char *id, const char *hint, const unsigned char *hash,
                               int64_t now, struct account_token *ret_token, bool *ret_found,
                               struct status *st) _must_check_;
status_code store_token_delete(struct db *db, int64_t deadline, const char *account_id,
                               const char *id, bool *ret_found, struct status *st) _must_check_;
