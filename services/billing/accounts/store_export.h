#pragma once

/*
 * What is kept about an account, as JSON out of the database. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct db;

enum {
    STORE_EXPORT_PARTS = 7, /* lists: tokens, sign_ins, usage, jobs, questions, purchases, ledger */
    STORE_EXPORT_CURSOR_SIZE = 128,
};

/* Gets one JSON object; a failure ends the reading. */
typedef status_code (*store_export_row)(void *arg, struct str json, struct status *st);

/* Calls `row` once. */
status_code store_export_account(struct db *db, int64_t deadline, const char *account_id,
                                 store_export_row row, void *arg, struct status *st) _must_check_;

/* "tokens"; static. */
const char *store_export_name(size_t part);

/* The rows of a list after `cursor` ("": from the start), which moves behind them. */
status_code store_export_page(struct db *db, int64_t deadline, size_t part, const char *account_id,
                              size_t limit, char cursor[static STORE_EXPORT_CURSOR_SIZE],
                              store_export_row row, void *arg, size_t *ret_count,
                              struct status *st) _must_check_;
