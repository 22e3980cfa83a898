#pragma once

/* Forgotten passwords in the database. Rows that are not there set *ret_found to false. Any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/accounts/email.h"
#include "services/billing/accounts/token.h"
#include "services/billing/uuid.h"

struct db;
struct db_tx;

/* That somebody asked for mail to an address. */
struct store_reset {
    int64_t id;
    char account_id[UUID_SIZE]; /* "": there is none */
    char email[EMAIL_SIZE];     /* as its owner wrote it */
    int32_t tries;              /* this one included */
    int64_t create_time;
};

status_code store_reset_request(struct db *db, int64_t deadline, const char *email_key, int64_t now,
                                struct status *st) _must_check_;
/* Takes the one that is due longest, so that nobody else does until `until`. */
status_code store_reset_claim(struct db *db, int64_t deadline, int64_t now, int64_t until,
                              struct store_reset *ret_reset, bool *ret_found,
                              struct status *st) _must_check_;
status_code store_reset_put_off(struct db *db, int64_t deadline, int64_t id, int64_t until,
                                struct status *st) _must_check_;
status_code store_reset_request_delete(struct db *db, int64_t deadline, int64_t id,
                                       struct status *st) _must_check_;

status_code store_reset_code_insert(struct db *db, int64_t deadline, const unsigned char *hash,
                                    const char *account_id, int64_t expire_time,
                                    struct status *st) _must_check_;
status_code store_reset_code_find(struct db *db, int64_t deadline, const unsigned char *hash,
                                  int64_t now, char ret_account_id[static UUID_SIZE],
                                  char ret_email[static EMAIL_SIZE], bool *ret_found,
                                  struct status *st) _must_check_;
/* Deletes the code and all others of the account; *ret_good is false when it is gone already. */
status_code store_reset_code_use(struct db_tx *tx, const unsigned char *hash,
                                 const char *account_id, int64_t now, bool *ret_good,
                                 struct status *st) _must_check_;
status_code store_reset_forget(struct db *db, int64_t deadline, int64_t now,
                               struct status *st) _must_check_;
