#pragma once

/* Accounts that are deleted, in the database. Functions with a transaction are steps of one, the
 * account being locked. Any thread. */

#include <stdbool.h>

#include "services/billing/accounts/account_deletion.h"

struct db_tx;

/* Erases whose the account is, and all that could be done with it. Repeating it changes nothing. */
status_code store_deletion_begin(struct db_tx *tx, const char *account_id,
                                 struct status *st) _must_check_;

/* That a service has to delete what it keeps; once. */
status_code store_purge_insert(struct db_tx *tx, const char *account_id, const char *service,
                               int64_t now, struct status *st) _must_check_;
status_code store_purge_list(struct db *db, int64_t deadline, const char *service, size_t limit,
                             struct account_deleted *ret_list, size_t *ret_count,
                             struct status *st) _must_check_;
/* *ret_settled is false, and nothing is deleted, while something is reserved. *ret_is_last: no
 * other service has anything to delete. */
status_code store_purge_delete(struct db_tx *tx, const char *account_id, const char *service,
                               bool *ret_settled, bool *ret_is_last,
                               struct status *st) _must_check_;
