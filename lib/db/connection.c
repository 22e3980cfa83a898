#include "lib/db/connection.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/wanted.h"
#include "lib/db/error.h"
#include "lib/log/log.h"
#include "lib/trace/trace.h"

static int poll_timeout_ms(int64_t deadline)
{
    int64_t now = time_mono();

    if (deadline <= now)
        return 0;
    int64_t ms = (deadline - now) / NANOSECONDS_PER_MS + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* False at the deadline. A socket error counts as an event: libpq reports it. */
static bool wait_for_socket(PGconn *pg, short events, int64_t deadline)
{
    struct pollfd pollfd = {.fd = PQsocket(pg), .events = events};

    for (;;) {
        int ready = poll(&pollfd, 1, poll_timeout_ms(deadline));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return true;
        if (time_mono() >= deadline)
            return false;
    }
}

static status_code fail_lost(struct db_connection *connection, struct status *st)
{
    connection->is_broken = true;
    log_write(LOG_DEBUG, "connection lost",
              LOG_STRING("database_message", PQerrorMessage(connection->pg)));
    return FAIL(st, STATUS_UNAVAILABLE, "DB_CONNECTION_LOST",
                "the connection to the database was lost");
}

static status_code fail_late(struct status *st)
{
    return FAIL(st, STATUS_DEADLINE_EXCEEDED, "DB_TIMEOUT", "the database did not answer in time");
}

/* Sends what is queued. Input is read meanwhile, since a server that cannot write does not read. */
static status_code flush(struct db_connection *connection, int64_t deadline, struct status *st)
{
    for (;;) {
        int left = PQflush(connection->pg);
        if (left == 0)
            return STATUS_OK;
        if (left < 0)
            return fail_lost(connection, st);
        if (!wait_for_socket(connection->pg, POLLIN | POLLOUT, deadline)) {
            connection->is_broken = true; /* half a message is out */
            return fail_late(st);
        }
        if (PQconsumeInput(connection->pg) == 0)
            return fail_lost(connection, st);
    }
}

typedef enum {
    RESULT_READY,
    RESULT_LATE,     /* the deadline has passed */
    RESULT_UNWANTED, /* whoever asked for it has gone (lib/base/wanted.h) */
} result_state;

/* Waits until PQgetResult() would not block, or tells why it did not come. @is_last: what comes is
 * waited for, wanted or not. */
static status_code wait_for_result(struct db_connection *connection, int64_t deadline, bool is_last,
                                   result_state *ret_state, struct status *st)
{
    *ret_state = RESULT_READY;
    while (PQisBusy(connection->pg)) {
        if (!wait_for_socket(connection->pg, POLLIN, is_last ? deadline : wanted_look(deadline))) {
            if (time_mono() >= deadline)
                *ret_state = RESULT_LATE;
            else if (!is_last && !wanted_still())
                *ret_state = RESULT_UNWANTED;
            else
                continue;
            return STATUS_OK;
        }
        if (PQconsumeInput(connection->pg) == 0)
            return fail_lost(connection, st);
    }
    return STATUS_OK;
}

static void cancel(struct db_connection *connection)
{
    char message[256];
    PGcancel *handle = PQgetCancel(connection->pg);

    if (handle != NULL && PQcancel(handle, message, sizeof(message)) == 0)
        log_write(LOG_DEBUG, "cannot cancel", LOG_STRING("database_message", message));
    PQfreeCancel(handle);
}

/* The last result of what was sent, or the first error. At the deadline, and when its caller has
 * gone, the statement is cancelled, and the server's word on that is taken: it may have finished
 * just in time. */
static status_code collect(struct db_connection *connection, int64_t deadline,
                           const char *statement, PGresult **ret_result, struct status *st)
{
    _cleanup_(db_result_clearp) PGresult *kept = NULL;
    bool was_cancelled = false, was_late = false;
    int64_t started = time_mono();

    TRY(flush(connection, deadline, st));
    for (;;) {
        result_state state;
        TRY(wait_for_result(connection, deadline, was_cancelled, &state, st));
        if (state != RESULT_READY && was_cancelled) {
            connection->is_broken = true;
            return fail_late(st);
        }
        if (state != RESULT_READY) {
            was_cancelled = true;
            was_late = state == RESULT_LATE;
            cancel(connection);
            deadline = time_mono_after_ms(CONNECTION_CANCEL_GRACE_MS);
            continue;
        }
        PGresult *result = PQgetResult(connection->pg);
        if (result == NULL)
            break;
        if (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(result);
            continue;
        }
        PQclear(kept);
        kept = result;
    }
    if (kept == NULL)
        return fail_lost(connection, st);
    ExecStatusType outcome = PQresultStatus(kept);
    if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK) {
        *ret_result = TAKE(kept);
        return STATUS_OK;
    }
    if (db_error_ends_connection(kept))
        connection->is_broken = true;
    if (PQstatus(connection->pg) == CONNECTION_BAD &&
        PQresultErrorField(kept, PG_DIAG_SQLSTATE) == NULL)
        return fail_lost(connection, st);
    bool is_late =
        was_late || time_mono() - started >= connection->statement_timeout_ms * NANOSECONDS_PER_MS;
    return db_error(kept, statement, is_late, st);
}

/* "No deadline" ends, too, when a server that should have given up by itself does not answer. */
static int64_t bounded(const struct db_connection *connection, int64_t deadline)
{
    int64_t latest =
        time_mono_after_ms(connection->statement_timeout_ms + CONNECTION_CANCEL_GRACE_MS);

    return connection->statement_timeout_ms > 0 && latest < deadline ? latest : deadline;
}

/* --- traces --- */

/* A statement for somebody is a span of their trace, by OpenTelemetry's semantic conventions for
 * databases; what the process does by itself is none. Values are never told. */
static struct trace_span *begin_span(const char *name, const char *sql)
{
    struct trace_context unused;
    struct trace_span *span =
        trace_span_begin_below(TRACE_CLIENT, name, trace_context_current(), &unused);

    if (span == NULL)
        return NULL;
    trace_span_text(span, "db.system.name", STR("postgresql"));
    trace_span_text(span, "db.operation.name", (struct str){sql, strcspn(sql, " ;")});
    trace_span_text(span, "db.query.summary", str_of(name));
    return span;
}

static void end_span(struct trace_span *span, status_code code, const struct status *st)
{
    if (span == NULL)
        return;
    if (code != STATUS_OK)
        trace_span_fail(span, st->reason[0] != '\0' ? st->reason : status_code_name(code));
    trace_span_end(span);
}

static status_code run_command(struct db_connection *connection, int64_t deadline, const char *sql,
                               struct status *st)
{
    _cleanup_(db_result_clearp) PGresult *result = NULL;

    if (PQsendQuery(connection->pg, sql) == 0)
        return fail_lost(connection, st);
    return collect(connection, bounded(connection, deadline), "command", &result, st);
}

status_code db_connection_command(struct db_connection *connection, int64_t deadline,
                                  const char *sql, struct status *st)
{
    struct trace_span *span = begin_span(sql, sql);
    status_code code = run_command(connection, deadline, sql, st);

    end_span(span, code, st);
    return code;
}

/* --- parameters --- */

/* As libpq wants them. Everything but bytes goes as text, so that the server may take it for the
 * type that stands in the statement. */
struct wire_params {
    const char *values[CONNECTION_PARAMS_MAX];
    int lengths[CONNECTION_PARAMS_MAX];
    int formats[CONNECTION_PARAMS_MAX];
    char numbers[CONNECTION_PARAMS_MAX][TIME_RFC3339_SIZE];
    char *texts; /* NUL-terminated copies, one after the other */
};

static void wire_params_deinit(struct wire_params *wire)
{
    free(wire->texts);
}

static size_t texts_size(const struct db_param *params, size_t count)
{
    size_t size = 1;

    for (size_t i = 0; i < count; i++)
        if (params[i].type == DB_TEXT)
            size += params[i].bytes.n + 1;
    return size;
}

static status_code wire_text(struct str text, char **cursor, const char **ret_value,
                             struct status *st)
{
    if (text.p == NULL) {
        *ret_value = NULL;
        return STATUS_OK;
    }
    if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "SQLSTATE_22021", "the text holds a zero byte");
    if (text.n > 0)
        memcpy(*cursor, text.p, text.n);
    (*cursor)[text.n] = '\0';
    *ret_value = *cursor;
    *cursor += text.n + 1;
    return STATUS_OK;
}

static status_code wire_params_init(struct wire_params *wire, const struct db_param *params,
                                    size_t count, struct status *st)
{
    assert(count <= CONNECTION_PARAMS_MAX);
    char *cursor = wire->texts = malloc(texts_size(params, count));
    if (cursor == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        char *number = wire->numbers[i];
        wire->values[i] = number;
        wire->lengths[i] = 0;
        wire->formats[i] = 0;
        switch (params[i].type) {
        case DB_NULL:
            wire->values[i] = NULL;
            break;
        case DB_INTEGER:
            (void)snprintf(number, TIME_RFC3339_SIZE, "%lld", (long long)params[i].integer);
            break;
        case DB_REAL:
            (void)snprintf(number, TIME_RFC3339_SIZE, "%.17g", params[i].real);
            break;
        case DB_BOOLEAN:
            wire->values[i] = params[i].integer != 0 ? "true" : "false";
            break;
        case DB_TEXT:
            TRY(wire_text(params[i].bytes, &cursor, &wire->values[i], st));
            break;
        case DB_BYTES:
            if (params[i].bytes.n > INT_MAX)
                return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a value is too large");
            wire->values[i] = params[i].bytes.p != NULL ? params[i].bytes.p : "";
            wire->lengths[i] = (int)params[i].bytes.n;
            wire->formats[i] = 1;
            break;
        case DB_TIME:
            time_format_rfc3339(params[i].integer, number);
            break;
        }
    }
    return STATUS_OK;
}

/* --- prepared statements --- */

static bool is_prepared(const struct db_connection *connection,
                        const struct db_statement *statement)
{
    for (size_t i = 0; i < connection->prepared_count; i++)
        if (connection->prepared[i] == statement)
            return true;
    return false;
}

static status_code prepare(struct db_connection *connection, int64_t deadline,
                           const struct db_statement *statement, const char *name,
                           struct status *st)
{
    _cleanup_(db_result_clearp) PGresult *result = NULL;

    if (PQsendPrepare(connection->pg, name, statement->sql, 0, NULL) == 0)
        return fail_lost(connection, st);
    return collect(connection, deadline, statement->name, &result, st);
}

static status_code run_statement(struct db_connection *connection, int64_t deadline,
                                 const struct db_statement *statement,
                                 const struct db_param *params, size_t param_count,
                                 PGresult **ret_result, struct status *st)
{
    _cleanup_(wire_params_deinit) struct wire_params wire;
    const char *name = statement->name;

    wire.texts = NULL;
    deadline = bounded(connection, deadline);
    TRY(wire_params_init(&wire, params, param_count, st));
    if (!is_prepared(connection, statement)) {
        bool has_room = connection->prepared_count < CONNECTION_PREPARED_MAX;
        if (!has_room)
            name = "";
        TRY(prepare(connection, deadline, statement, name, st));
        if (has_room)
            connection->prepared[connection->prepared_count++] = statement;
    }
    if (PQsendQueryPrepared(connection->pg, name, (int)param_count, wire.values, wire.lengths,
                            wire.formats, 1) == 0)
        return fail_lost(connection, st);
    return collect(connection, deadline, statement->name, ret_result, st);
}

status_code db_connection_run(struct db_connection *connection, int64_t deadline,
                              const struct db_statement *statement, const struct db_param *params,
                              size_t param_count, PGresult **ret_result, struct status *st)
{
    struct trace_span *span = begin_span(statement->name, statement->sql);
    status_code code =
        run_statement(connection, deadline, statement, params, param_count, ret_result, st);

    end_span(span, code, st);
    return code;
}

/* --- opening and closing --- */

static void on_notice(void *data, const PGresult *result)
{
    log_write(LOG_DEBUG, "database notice",
              LOG_STRING("database_message", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
}

static PGconn *start(const struct db_options *options)
{
    /* The caller's connection string comes after what it may override and before what not. */
    const char *const keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL,
    };
    const char *const values[] = {
        "30", "10", "3", "30000", options->conninfo, options->application_name, "UTF8", NULL,
    };
    PGconn *pg = PQconnectStartParams(keywords, values, 1);

    if (pg == NULL)
        abort(); /* not even memory for the error */
    return pg;
}

static bool finish_connecting(PGconn *pg, int64_t deadline)
{
    if (PQstatus(pg) == CONNECTION_BAD)
        return false;
    /* libpq: behave as if the last poll had asked for writing. */
    short events = POLLOUT;
    for (;;) {
        if (!wait_for_socket(pg, events, deadline))
            return false;
        switch (PQconnectPoll(pg)) {
        case PGRES_POLLING_OK:
            return true;
        case PGRES_POLLING_READING:
            events = POLLIN;
            break;
        case PGRES_POLLING_WRITING:
            events = POLLOUT;
            break;
        default:
            return false;
        }
    }
}

static const struct db_statement set_session = {
    "db_set_session",
    "SELECT set_config('search_path', $1, false),"
    "       set_config('statement_timeout', $2::bigint::text, false),"
    "       set_config('idle_in_transaction_session_timeout', ($2::bigint * 2)::text, false)",
};

status_code db_connection_open(const struct db_options *options, int64_t deadline,
                               struct db_connection **ret_connection, struct status *st)
{
    _cleanup_(db_connection_closep) struct db_connection *connection =
        calloc(1, sizeof(*connection));
    _cleanup_(db_result_clearp) PGresult *result = NULL;

    if (connection == NULL)
        return FAIL_MEMORY(st);
    connection->pg = start(options);
    if (!finish_connecting(connection->pg, deadline)) {
        log_write(LOG_WARNING, "cannot connect to the database",
                  LOG_STRING("database_message", PQerrorMessage(connection->pg)));
        return FAIL(st, STATUS_UNAVAILABLE, "DB_UNAVAILABLE", "the database cannot be reached");
    }
    (void)PQsetNoticeReceiver(connection->pg, on_notice, NULL);
    (void)PQsetnonblocking(connection->pg, 1);
    connection->statement_timeout_ms = options->statement_timeout_ms;
    TRY(db_connection_run(
        connection, deadline, &set_session,
        DB_PARAMS(DB_P_TEXT(options->schema), DB_P_INTEGER(options->statement_timeout_ms)), &result,
        st));
    *ret_connection = TAKE(connection);
    return STATUS_OK;
}

void db_connection_close(struct db_connection *connection)
{
    if (connection == NULL)
        return;
    PQfinish(connection->pg);
    free(connection);
}

bool db_connection_is_alive(struct db_connection *connection)
{
    struct pollfd pollfd = {.fd = PQsocket(connection->pg), .events = POLLIN};

    if (connection->is_broken || PQstatus(connection->pg) != CONNECTION_OK)
        return false;
    /* An idle server has nothing to say: what it says then is notices, or its farewell. */
    if (poll(&pollfd, 1, 0) == 0)
        return true;
    return PQconsumeInput(connection->pg) != 0 && PQstatus(connection->pg) == CONNECTION_OK &&
           (poll(&pollfd, 1, 0) == 0);
}
