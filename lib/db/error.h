#pragma once

/* Inside lib/db: PostgreSQL's errors as a status, by the table that db.h describes. */

#include <libpq-fe.h>

#include "lib/db/db.h"

/* @statement: what was run, for the log. @is_late: its time was over, which tells a cancellation
 * by us from one by others. Returns the code. */
status_code db_error(const PGresult *result, const char *statement, bool is_late,
                     struct status *st);

/* Whether the server takes no more statements on this connection after this error. */
bool db_error_ends_connection(const PGresult *result);
