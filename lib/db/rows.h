#pragma once

/* Inside lib/db: a result as the rows of db.h. */

#include <libpq-fe.h>

#include "lib/db/db.h"

/* Takes `result`, on failure too. */
status_code db_rows_new(PGresult *result, struct db_rows **ret_rows,
                        struct status *st) _must_check_;
