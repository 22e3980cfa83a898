#include "lib/db/error.h"

#include <string.h>

#include "lib/log/log.h"

/* SQLSTATE prefixes (PostgreSQL 15, appendix A), the first that fits. */
static const struct {
    const char *prefix;
    status_code code;
    const char *message;
} mappings[] = {
    {"08", STATUS_UNAVAILABLE, "the connection to the database was lost"},
    {"57P0", STATUS_UNAVAILABLE, "the database is going away or starting"},
    {"25P03", STATUS_UNAVAILABLE, "the connection to the database was lost"},
    {"40001", STATUS_ABORTED, "the transaction collided with another one"},
    {"40P01", STATUS_ABORTED, "the transaction collided with another one"},
    {"23505", STATUS_ALREADY_EXISTS, "the entry exists already"},
    {"22021", STATUS_INVALID_ARGUMENT, "the text is not valid UTF-8"},
    {"53", STATUS_RESOURCE_EXHAUSTED, "the database is out of resources"},
};

static const char *sqlstate_of(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return sqlstate != NULL ? sqlstate : "";
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The server's words may hold a caller's data, so they are kept for debugging, save for errors
 * that should not happen, of which the main sentence is always wanted. */
static void log_server_text(const PGresult *result, const char *statement, log_level level)
{
    log_write(level, "statement failed", LOG_STRING("statement", statement),
              LOG_STRING("sqlstate", sqlstate_of(result)),
              LOG_STRING("database_message", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)),
              LOG_STRING("constraint", PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME)));
}

static status_code fail_with_sqlstate(status_code code, const char *sqlstate, const char *message,
                                      struct status *st)
{
    char reason[STATUS_REASON_MAX] = "SQLSTATE_";

    strncat(reason, sqlstate, sizeof(reason) - strlen(reason) - 1);
    return FAIL(st, code, reason, "%s", message);
}

static status_code map(const char *sqlstate, bool is_late, struct status *st)
{
    if (strcmp(sqlstate, "57014") == 0 && is_late)
        return fail_with_sqlstate(STATUS_DEADLINE_EXCEEDED, sqlstate,
                                  "the database did not answer in time", st);
    if (strcmp(sqlstate, "57014") == 0)
        return fail_with_sqlstate(STATUS_CANCELLED, sqlstate, "the statement was cancelled", st);
    for (size_t i = 0; i < ARRAY_LENGTH(mappings); i++)
        if (has_prefix(sqlstate, mappings[i].prefix))
            return fail_with_sqlstate(mappings[i].code, sqlstate, mappings[i].message, st);
    return FAIL(st, STATUS_INTERNAL, NULL, "the database refused a statement");
}

status_code db_error(const PGresult *result, const char *statement, bool is_late, struct status *st)
{
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    status_code code = map(sqlstate_of(result), is_late, st);

    if (constraint != NULL)
        (void)status_add_info(st, "constraint", "%s", constraint);
    log_server_text(result, statement, code == STATUS_INTERNAL ? LOG_ERROR : LOG_DEBUG);
    return code;
}

bool db_error_ends_connection(const PGresult *result)
{
    const char *sqlstate = sqlstate_of(result);

    /* 0A000 "cached plan must not change result type" and 26000 "no such prepared statement" leave
     * the connection usable but what it has prepared is not. */
    return has_prefix(sqlstate, "08") || has_prefix(sqlstate, "57P") ||
           strcmp(sqlstate, "25P03") == 0 || strcmp(sqlstate, "0A000") == 0 ||
           strcmp(sqlstate, "26000") == 0;
}
