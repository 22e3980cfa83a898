#include "lib/log/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/trace_context.h"
#include "lib/base/utf8.h"

enum {
    /* What a pipe takes in one piece (POSIX, write(): "atomic"), so lines never mix. */
    LINE_MAX_BYTES = PIPE_BUF,
    STRING_MAX_BYTES = 1024,
    CLOSING_BYTES = 32, /* kept free for the end of the line */
};

static _Atomic(const char *) current_service = "ocrmesh";
static atomic_int current_level = LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

/* A line under construction. What does not fit whole is left out, and the line says so. */
struct line {
    size_t length;
    bool is_truncated;
    char bytes[LINE_MAX_BYTES];
};

static bool line_append(struct line *line, const char *bytes, size_t length)
{
    if (length > sizeof(line->bytes) - CLOSING_BYTES - line->length)
        return false;
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
    return true;
}

/* A JSON string (RFC 8259 §7); bytes that are no UTF-8 become U+FFFD. */
static bool line_append_string(struct line *line, const char *text)
{
    size_t n = strnlen(text, STRING_MAX_BYTES);
    bool fits = line_append(line, "\"", 1);

    for (const char *p = text; fits && n > 0;) {
        size_t length = utf8_sequence(p, n);
        unsigned char c = (unsigned char)*p;
        char escape[8];
        if (length == 0) {
            fits = line_append(line, "\\ufffd", 6);
            length = 1;
        } else if (c == '"' || c == '\\') {
            fits = line_append(line, (char[]){'\\', *p}, 2);
        } else if (c < 0x20 || c == 0x7f) {
            (void)snprintf(escape, sizeof(escape), "\\u%04x", c);
            fits = line_append(line, escape, 6);
        } else {
            fits = line_append(line, p, length);
        }
        p += length;
        n -= length;
    }
    return fits && line_append(line, "\"", 1);
}

static bool line_append_value(struct line *line, const struct log_field *field)
{
    char number[40];

    switch (field->type) {
    case LOG_FIELD_STRING:
        if (field->string == NULL)
            return line_append(line, "null", 4);
        return line_append_string(line, field->string);
    case LOG_FIELD_INTEGER:
        (void)snprintf(number, sizeof(number), "%lld", (long long)field->integer);
        return line_append(line, number, strlen(number));
    case LOG_FIELD_REAL:
        if (!isfinite(field->real)) /* JSON has no word for it */
            return line_append(line, "null", 4);
        (void)snprintf(number, sizeof(number), "%.9g", field->real);
        return line_append(line, number, strlen(number));
    case LOG_FIELD_END:
        break;
    }
    return false;
}

static void line_append_field(struct line *line, const struct log_field *field)
{
    size_t start = line->length;

    if (!line_append(line, line->length == 0 ? "{" : ",", 1) ||
        !line_append_string(line, field->key) || !line_append(line, ":", 1) ||
        !line_append_value(line, field)) {
        line->length = start;
        line->is_truncated = true;
    }
}

/* Of the work that the thread is at; none where there is no trace. */
static void line_append_trace(struct line *line)
{
    const struct trace_context *context = trace_context_current();
    char trace_id[TRACE_ID_TEXT_SIZE], span_id[SPAN_ID_TEXT_SIZE];

    if (!context->is_valid)
        return;
    trace_context_ids(context, trace_id, span_id);
    line_append_field(line, &LOG_STRING("trace_id", trace_id));
    line_append_field(line, &LOG_STRING("span_id", span_id));
}

static void line_append_fields(struct line *line, const struct log_field *fields)
{
    for (; fields->type != LOG_FIELD_END; fields++)
        line_append_field(line, fields);
}

static void line_begin(struct line *line, log_level level, const char *message)
{
    char time[TIME_RFC3339_SIZE];

    line->length = 0;
    line->is_truncated = false;
    time_format_rfc3339(time_wall(), time);
    line_append_field(line, &LOG_STRING("time", time));
    line_append_field(line, &LOG_STRING("level", level_names[level]));
    line_append_field(line, &LOG_STRING("service", atomic_load(&current_service)));
    line_append_field(line, &LOG_STRING("message", message));
    line_append_trace(line);
}

static void line_write(struct line *line)
{
    static const char cut[] = ",\"truncated\":true}\n";
    const char *end = line->is_truncated ? cut : "}\n";

    memcpy(line->bytes + line->length, end, strlen(end));
    line->length += strlen(end);
    for (size_t done = 0; done < line->length;) {
        ssize_t written = write(STDERR_FILENO, line->bytes + done, line->length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return; /* nowhere to report it */
        done += (size_t)written;
    }
}

void log_start(const char *service, log_level level)
{
    atomic_store(&current_service, service);
    atomic_store(&current_level, (int)level);
}

bool log_level_parse(const char *text, log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LENGTH(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (log_level)i;
            return true;
        }
    }
    return false;
}

void log_write_fields(log_level level, const char *message, const struct log_field *fields)
{
    struct line line;

    if ((int)level < atomic_load(&current_level))
        return;
    int saved_errno = errno;
    line_begin(&line, level, message);
    line_append_fields(&line, fields);
    line_write(&line);
    errno = saved_errno;
}

void log_failure_fields(log_level level, const char *message, const struct status *st,
                        const struct log_field *fields)
{
    struct line line;

    if ((int)level < atomic_load(&current_level))
        return;
    int saved_errno = errno;
    line_begin(&line, level, message);
    line_append_field(&line, &LOG_STRING("code", status_code_name(st->code)));
    if (st->reason[0] != '\0')
        line_append_field(&line, &LOG_STRING("reason", st->reason));
    line_append_field(&line, &LOG_STRING("error", st->message));
    line_append_field(&line, &LOG_STRING("where", st->where));
    line_append_fields(&line, fields);
    line_write(&line);
    errno = saved_errno;
}
