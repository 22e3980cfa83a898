#include <stdio.h>
#include <string.h>

#include "bridge/http/exchange_internal.h"

/*
 * A request as a span, by OpenTelemetry's semantic conventions for HTTP servers. Of the target only
 * the route's pattern is told: paths hold ids of jobs, and queries may hold tokens (API: B9).
 */

/* Values of http.request.method; any other one might be anything. */
static const char *known_method(const char *method)
{
    static const char *const known[] = {"GET",     "HEAD",  "POST",    "PUT",  "DELETE",
                                        "OPTIONS", "PATCH", "CONNECT", "TRACE"};

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (strcmp(method, known[i]) == 0)
            return known[i];
    return NULL;
}

void exchange_begin_trace(struct exchange *exchange)
{
    const char *method = known_method(exchange->method);
    struct trace_context sent = {.is_valid = false};
    struct str value;

    if (exchange_header(exchange, "traceparent", &value))
        (void)trace_context_parse(value, &sent);
    for (size_t i = 0; exchange_header_at(exchange, "tracestate", i, &value); i++)
        trace_context_add_state(&sent, value);
    exchange->span =
        trace_span_begin(TRACE_SERVER, method != NULL ? method : "HTTP", &sent, &exchange->trace);
    trace_span_text(exchange->span, "http.request.method",
                    str_of(method != NULL ? method : "_OTHER"));
    trace_span_text(exchange->span, "url.scheme", str_of(exchange->is_secure ? "https" : "http"));
}

void exchange_set_route(struct exchange *exchange, const char *pattern)
{
    const char *method = known_method(exchange->method);
    char name[TRACE_NAME_MAX + 1];

    if (exchange->span == NULL)
        return;
    (void)snprintf(name, sizeof(name), "%s %s", method != NULL ? method : "HTTP", pattern);
    trace_span_rename(exchange->span, name);
    trace_span_text(exchange->span, "http.route", str_of(pattern));
}

void exchange_end_trace(struct exchange *exchange)
{
    struct trace_span *span = TAKE(exchange->span);

    if (span == NULL)
        return;
    trace_span_integer(span, "http.request.body.size", exchange->body_bytes);
    trace_span_integer(span, "http.response.body.size", exchange->sent_bytes);
    if (exchange->is_committed) {
        char status[8];

        trace_span_integer(span, "http.response.status_code", (int64_t)exchange->status);
        (void)snprintf(status, sizeof(status), "%d", (int)exchange->status);
        if (exchange->status >= HTTP_STATUS_INTERNAL_SERVER_ERROR)
            trace_span_fail(span, status);
    } else {
        trace_span_fail(span, "client_gone");
    }
    trace_span_end(span);
}

const struct trace_context *exchange_trace(const struct exchange *exchange)
{
    return &exchange->trace;
}
