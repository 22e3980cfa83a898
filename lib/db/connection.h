#pragma once

/*
 * Inside lib/db: one libpq connection with its prepared statements. Nothing blocks longer than its
 * deadline: sockets are polled, and a statement that is late is cancelled at the server.
 *
 * Thread rule: one thread at a time.
 */

#include <libpq-fe.h>

#include "lib/db/db.h"

enum {
    CONNECTION_PREPARED_MAX = 256, /* further statements are planned at each use */
    CONNECTION_PARAMS_MAX = 64,
    CONNECTION_CANCEL_GRACE_MS = 2000, /* for the answer to a cancellation */
};

struct db_connection {
    PGconn *pg;
    int64_t statement_timeout_ms;
    bool is_broken; /* never to be used again */
    size_t prepared_count;
    const struct db_statement *prepared[CONNECTION_PREPARED_MAX];
};

/* One attempt; fails with UNAVAILABLE. libpq's own text is logged. */
status_code db_connection_open(const struct db_options *options, int64_t deadline,
                               struct db_connection **ret_connection,
                               struct status *st) _must_check_;
void db_connection_close(struct db_connection *connection);
DEFINE_CLEANUP_NAMED(struct db_connection *, db_connection_closep, db_connection_close)

/* False when the server has hung up, as far as is known without asking it. */
bool db_connection_is_alive(struct db_connection *connection);

/* Commands without parameters or rows, several at once too. */
status_code db_connection_command(struct db_connection *connection, int64_t deadline,
                                  const char *sql, struct status *st) _must_check_;

/* A statement, prepared at its first use here. Rows come in binary format. */
status_code db_connection_run(struct db_connection *connection, int64_t deadline,
                              const struct db_statement *statement, const struct db_param *params,
                              size_t param_count, PGresult **ret_result,
                              struct status *st) _must_check_;

DEFINE_CLEANUP_NAMED(PGresult *, db_result_clearp, PQclear)
