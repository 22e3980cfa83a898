#pragma once

/*
 * The end of an account, with all that is kept of its owner.
 *
 * Deleting is one transaction: whoever used the account is signed out, its tokens are gone, its
 * e-mail address and password are erased, and its id is left for the books to refer to. The other
 * services then ask whose data they have to delete, and confirm when it is done; that is asked and
 * answered again after any crash. Once all of them have confirmed, credits that were left are
 * written off.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "services/billing/uuid.h"

struct db;
struct password_hasher;

enum { ACCOUNT_DELETED_PAGE_MAX = 100 }; /* of a list at once */

/* Deletes the account whose token or sign-in it is. Fails as account_find_by_owner() and
 * session_check_password() do, and with PERMISSION_DENIED WRONG_PASSWORD. */
status_code account_delete(struct db *db, int64_t deadline, struct password_hasher *hasher,
                           struct str token, const char *password, const char *client_address,
                           struct status *st) _must_check_;

struct account_deleted {
    char account_id[UUID_SIZE];
    /* Nothing of it is reserved any more: no job of it can begin. */
    bool is_settled;
};

/* Accounts whose data the service has not confirmed to be deleted, those that wait longest first.
 * Fails with INVALID_ARGUMENT INVALID_FIELD (service) for one that keeps none. */
status_code account_deleted_list(struct db *db, int64_t deadline, const char *service,
                                 struct account_deleted ret_list[static ACCOUNT_DELETED_PAGE_MAX],
                                 size_t *ret_count, struct status *st) _must_check_;

/* The service keeps nothing of the account any more. Repeating it changes nothing. Fails with
 * FAILED_PRECONDITION NOT_SETTLED while something is reserved: a job may have begun meanwhile. */
status_code account_confirm_purge(struct db *db, int64_t deadline, const char *account_id,
                                  const char *service, struct status *st) _must_check_;
