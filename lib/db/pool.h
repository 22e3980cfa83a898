#pragma once

/* Inside lib/db: connections lent out of the pool. Any thread. */

#include "lib/db/connection.h"
#include "lib/db/db.h"

/* An idle connection that is alive, or a new one. Tries until `deadline`, and no longer than the
 * pool's connect timeout when the database is away. Fails with UNAVAILABLE when it is, and with
 * DEADLINE_EXCEEDED "DB_BUSY" when no connection became free. */
status_code db_pool_acquire(struct db *db, int64_t deadline, struct db_connection **ret_connection,
                            struct status *st) _must_check_;

/* Gives it back; one that broke or is within a transaction is closed. */
void db_pool_release(struct db *db, struct db_connection *connection);

const struct db_options *db_pool_options(const struct db *db);

/* The options with every default filled in and all text copied. */
status_code db_options_copy(const struct db_options *options, struct db_options *ret_copy,
                            struct status *st) _must_check_;
void db_options_deinit(struct db_options *copy);

/* Sleeps for a random part of a pause that doubles with each attempt (0, 1, ...), up to
 * `pause_max_ms`, and no longer than until `deadline`. */
void db_back_off(int attempt, int64_t pause_max_ms, int64_t deadline);
