#pragma once

/*
 * Everything that is kept here about an account, as one JSON object, for its owner.
 *
 * It is read and handed on in pieces, so that an account of any age takes little memory; what
 * changes meanwhile is told as it was when its part was read. Secrets are kept as hashes alone and
 * are not in it. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

struct db;

enum {
    ACCOUNT_EXPORT_PIECE_BYTES = 64 * 1024, /* about as much at once */
    ACCOUNT_EXPORT_PAGE_ROWS = 500,         /* of a table at once */
};

/* Where it goes; `write` may block, and what it fails with ends the export. */
struct account_export_sink {
    status_code (*write)(void *arg, struct str piece, struct status *st);
    void *arg;
};

/* Of the account whose token or sign-in it is. @statement_ms: how long each look into the database
 * may take. Fails as account_find_by_owner() and the sink do. */
status_code account_export(struct db *db, int64_t statement_ms, struct str token,
                           const struct account_export_sink *sink, struct status *st) _must_check_;
