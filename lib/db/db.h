#pragma once

/*
 * PostgreSQL: a bounded pool of connections, transactions, typed parameters, notifications.
 *
 * A statement is a constant: a name, SQL text with $1 parameters; it is prepared once a
 * connection. Nothing here builds SQL from strings. Connections that broke are replaced; a
 * statement on a broken connection fails with UNAVAILABLE, and the caller decides whether it may be
 * repeated (db_run() does that for whole transactions).
 *
 * SQLSTATE becomes a status: class 08 and 57P0x UNAVAILABLE, 40001 and 40P01 ABORTED, 23505
 * ALREADY_EXISTS, 57014 CANCELLED or DEADLINE_EXCEEDED, 53xxx RESOURCE_EXHAUSTED, 22021 (text that
 * is not UTF-8) INVALID_ARGUMENT, others INTERNAL; the reason is then "SQLSTATE_xxxxx" save for
 * INTERNAL; constraint names are a fact ("constraint"). The database's own text stays out of
 * `message`; it is logged here, at error level for INTERNAL, else at debug level.
 *
 * Who waits here for a caller that has gone (lib/base/wanted.h) is let go with CANCELLED within a
 * tenth of a second, and the statement is cancelled.
 *
 * Other reasons: DB_UNAVAILABLE (no connection can be made), DB_CONNECTION_LOST, DB_BUSY
 * (DEADLINE_EXCEEDED: every connection was at work), DB_TIMEOUT (DEADLINE_EXCEEDED).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct db;
struct db_tx;

struct db_options {
    const char *conninfo; /* libpq connection string or URI */
    const char *schema;   /* becomes the search_path; static */
    const char *application_name;
    int connections_max;          /* 0: 8 */
    int64_t statement_timeout_ms; /* 0: 30,000 */
    int64_t connect_timeout_ms;   /* how long db_open() and a broken pool try; 0: 10,000 */
};

/* Connects once to see that it works. Any thread may use the pool afterwards. */
status_code db_open(const struct db_options *options, struct db **ret_db,
                    struct status *st) _must_check_;
void db_close(struct db *db);
DEFINE_CLEANUP_NAMED(struct db *, db_closep, db_close)

/* How a pool is used at this moment. */
struct db_pool_use {
    int busy, idle, max; /* connections */
    int waiting;         /* who waits for one */
};
struct db_pool_use db_pool_use(struct db *db);

/* SELECT 1 within `deadline`; for readiness. A pool that is busy all the time is alive. */
status_code db_ping(struct db *db, int64_t deadline, struct status *st) _must_check_;

/* One numbered migration, embedded by the build. */
struct db_migration {
    const char *name; /* "0001_create_ledger" */
    const char *sql;
};
/* Creates the schema if there is none. Applies what is not applied yet, in order,
 * each in a transaction, under an advisory lock of the schema; fails with FAILED_PRECONDITION
 * MIGRATION_UNKNOWN or MIGRATION_CHANGED when what was applied is not what the program has. What
 * newer programs applied behind that is gone on with where its SQL begins with "-- expansion:".
 * embed-migrations.sh makes the table out of .sql files. */
status_code db_migrate(struct db *db, const struct db_migration *migrations, size_t count,
                       struct status *st) _must_check_;

/* A statement; static, its address is its identity. */
struct db_statement {
    const char *name; /* unique in the program */
    const char *sql;
};

/* Typed parameters, 64 at most. The text of strings and bytes is borrowed. All but bytes go as
 * text, so the server takes them for the type that stands in the statement (int[] as "{1,2}", too).
 */
typedef enum {
    DB_NULL,
    DB_INTEGER, /* bigint, integer, smallint */
    DB_REAL,    /* double precision, real */
    DB_BOOLEAN,
    DB_TEXT, /* also uuid, timestamptz and enums as text */
    DB_BYTES,
    DB_TIME, /* int64_t wall nanoseconds to timestamptz */
} db_type;

struct db_param {
    db_type type;
    int64_t integer;
    double real;
    struct str bytes;
};

#define DB_P_NULL          ((struct db_param){.type = DB_NULL})
#define DB_P_INTEGER(v)    ((struct db_param){.type = DB_INTEGER, .integer = (v)})
#define DB_P_REAL(v)       ((struct db_param){.type = DB_REAL, .real = (v)})
#define DB_P_BOOLEAN(v)    ((struct db_param){.type = DB_BOOLEAN, .integer = (v) ? 1 : 0})
#define DB_P_TEXT(v)       ((struct db_param){.type = DB_TEXT, .bytes = str_of(v)}) /* NULL: NULL */
#define DB_P_BYTES(p_, n_) ((struct db_param){.type = DB_BYTES, .bytes = {(p_), (n_)}})
#define DB_P_TIME(v)       ((struct db_param){.type = DB_TIME, .integer = (v)})

/* A connection with a transaction on it. `deadline` bounds the wait for a connection and every
 * statement. Freed without commit it rolls back. One thread at a time. */
status_code db_tx_begin(struct db *db, int64_t deadline, struct db_tx **ret_tx,
                        struct status *st) _must_check_;
status_code db_tx_commit(struct db_tx *tx, struct status *st) _must_check_;
void db_tx_free(struct db_tx *tx);
DEFINE_CLEANUP(struct db_tx *, db_tx)

/*
 * Notifies a channel once the transaction is committed; one that is rolled back tells nobody.
 *
 * Not by NOTIFY within the transaction: PostgreSQL lets transactions that notify commit one after
 * the other, each with its wait for the disk, whatever they have written, so that all processes
 * together would commit no more of them a second than the disk flushes. This one follows the commit
 * on the same connection and waits for no disk. A process or connection that dies between the two
 * tells nobody: who listens looks by himself now and then.
 *
 * @channel: static. @payload: copied; less than DB_NOTIFY_PAYLOAD_SIZE bytes. At most
 * DB_NOTIFICATIONS_MAX a transaction.
 */
enum { DB_NOTIFICATIONS_MAX = 4, DB_NOTIFY_PAYLOAD_SIZE = 64 };
void db_tx_notify(struct db_tx *tx, const char *channel, const char *payload);

/* Rows of one statement. The getters know integers (sum() of bigint is numeric: cast it), real and
 * double precision, boolean, text and its kin, uuid, json, jsonb, enums, bytea and timestamptz. */
struct db_rows;
void db_rows_free(struct db_rows *rows);
DEFINE_CLEANUP(struct db_rows *, db_rows)

status_code db_tx_query(struct db_tx *tx, const struct db_statement *statement,
                        const struct db_param *params, size_t param_count,
                        struct db_rows **ret_rows, struct status *st) _must_check_;
/* For statements without rows; `ret_affected` may be NULL. */
status_code db_tx_execute(struct db_tx *tx, const struct db_statement *statement,
                          const struct db_param *params, size_t param_count, int64_t *ret_affected,
                          struct status *st) _must_check_;

/* One statement as a transaction of its own. */
status_code db_query(struct db *db, int64_t deadline, const struct db_statement *statement,
                     const struct db_param *params, size_t param_count, struct db_rows **ret_rows,
                     struct status *st) _must_check_;
status_code db_execute(struct db *db, int64_t deadline, const struct db_statement *statement,
                       const struct db_param *params, size_t param_count, int64_t *ret_affected,
                       struct status *st) _must_check_;

#define DB_PARAMS(...)                                                                             \
    (const struct db_param[]){__VA_ARGS__},                                                        \
        (sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param))
#define DB_NO_PARAMS NULL, 0

/* Runs `body` in a transaction and commits; again, with jitter and inside `deadline`, when it
 * failed with ABORTED (serialisation, deadlock) or UNAVAILABLE (connection lost). `body` must be
 * repeatable as a whole: a lost commit may have happened. */
status_code db_run(struct db *db, int64_t deadline,
                   status_code (*body)(struct db_tx *tx, void *arg, struct status *st), void *arg,
                   struct status *st) _must_check_;

size_t db_row_count(const struct db_rows *rows);
bool db_is_null(const struct db_rows *rows, size_t row, size_t column);
/* Column numbers from 0; NULL gives 0, false or the empty view. Views live as long as the rows. A
 * column of another type than asked for is our own mistake and asserts. */
int64_t db_integer(const struct db_rows *rows, size_t row, size_t column);
double db_real(const struct db_rows *rows, size_t row, size_t column);
bool db_boolean(const struct db_rows *rows, size_t row, size_t column);
struct str db_text(const struct db_rows *rows, size_t row, size_t column);
struct str db_bytes(const struct db_rows *rows, size_t row, size_t column);
int64_t db_time(const struct db_rows *rows, size_t row, size_t column); /* wall nanoseconds */
/* NUL-terminated copy in the arena, or NULL when out of memory. */
const char *db_text_copy(const struct db_rows *rows, size_t row, size_t column,
                         struct arena *arena);

/*
 * LISTEN/NOTIFY. A listener has a connection and a thread of its own; after a reconnect it calls
 * `on_event` with channel NULL once, since notifications may have been missed.
 */
struct db_listener;
status_code db_listener_start(const struct db_options *options, const char *const *channels,
                              size_t channel_count,
                              void (*on_event)(const char *channel, const char *payload, void *arg),
                              void *arg, struct db_listener **ret_listener,
                              struct status *st) _must_check_;
/* Waits for a callback that is running. */
void db_listener_stop(struct db_listener *listener);
DEFINE_CLEANUP_NAMED(struct db_listener *, db_listener_stopp, db_listener_stop)
