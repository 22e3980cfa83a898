#pragma once

/*
 * One JSON object a line on stderr: time, level, service, message, then, where the thread works for
 * a trace (lib/base/trace_context.h), trace_id and span_id, then the caller's fields.
 *
 * Lines are written whole (at most PIPE_BUF bytes: fields that do not fit are left out, and the
 * line ends with "truncated": true), so that threads and processes may share the stream. Secrets
 * (tokens, passwords, `api_token`) are never passed here. Thread rule: any thread; log_start() once
 * first.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

typedef enum {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR,
} log_level;

/* @service: static name of this program. @level: least level that is written. */
void log_start(const char *service, log_level level);

/* "debug", "info", "warning" or "error"; false for anything else. */
bool log_level_parse(const char *text, log_level *ret_level);

typedef enum { LOG_FIELD_END, LOG_FIELD_STRING, LOG_FIELD_INTEGER, LOG_FIELD_REAL } log_field_type;

struct log_field {
    log_field_type type;
    const char *key;
    const char *string; /* NULL is written as null; cut at 1 KiB */
    int64_t integer;
    double real;
};

#define LOG_STRING(key, value)  ((struct log_field){LOG_FIELD_STRING, (key), (value), 0, 0})
#define LOG_INTEGER(key, value) ((struct log_field){LOG_FIELD_INTEGER, (key), NULL, (value), 0})
#define LOG_REAL(key, value)    ((struct log_field){LOG_FIELD_REAL, (key), NULL, 0, (value)})

/* log_write(LOG_INFO, "job done", LOG_STRING("job_id", id), LOG_INTEGER("pages", n)); */
#define log_write(level, message, ...)                                                             \
    log_write_fields((level), (message),                                                           \
                     (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){LOG_FIELD_END}})
void log_write_fields(log_level level, const char *message, const struct log_field *fields);

/* A failure at the top of a call: "code", "reason", "error" (the message) and "where" of *st. */
#define log_failure(level, message, st, ...)                                                       \
    log_failure_fields((level), (message), (st),                                                   \
                       (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){LOG_FIELD_END}})
void log_failure_fields(log_level level, const char *message, const struct status *st,
                        const struct log_field *fields);
