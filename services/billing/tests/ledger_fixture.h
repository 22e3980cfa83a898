#pragma once

/*
 * What the tests of the ledger share: the database with our tables, accounts without the cost of a
 * password, and the books, which must balance whatever happened.
 */

#include "lib/db/db.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/uuid.h"

/* A pool on the migrated schema; asserts that it opens. */
struct db *ledger_open(int connections_max);

/* A new account on the plan; asserts that it is made. */
void ledger_account(struct db *db, const char *plan_name, char ret_id[static UUID_SIZE]);

/* Gives credits by a grant of its own. */
void ledger_grant(struct db *db, const char *account_id, int64_t credits);

/* `pages` cpu pages for the account, or for the address when it is NULL. */
struct reservation_request ledger_request(const char *request_id, const char *account_id,
                                          const char *address, int32_t pages);

/* Runs one SQL statement with %s in it, and returns its first integer. */
int64_t ledger_integer(struct db *db, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));
int64_t ledger_balance(struct db *db, const char *account_id);
/* Of all periods. */
int64_t ledger_used(struct db *db, const char *principal_key);

/* Asserts that the audit of the whole database finds nothing (docs/billing.md, "What always
 * holds"). test-audit.c proves that it would. */
void ledger_assert_balanced(struct db *db);
