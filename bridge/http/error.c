#include "bridge/http/error.h"

#include <stdio.h>
#include <string.h>

#include "bridge/http/exchange.h"
#include "bridge/http/json_write.h"
#include "bridge/http/rate_limit.h"
#include "lib/base/trace_context.h"
#include "lib/log/log.h"
#include "lib/rest/error_code.h"

enum {
    RETRY_SECONDS = 2, /* where the failure itself names no time */
    MS_PER_SECOND = 1000,
};

/* Style, section 3: what each gRPC code is without a reason that says more. */
static const struct {
    enum http_status status;
    /* Said instead of the message when there is no reason: such a failure is the transport's or a
     * bug, and its text is no caller's business. NULL: the message stands. */
    const char *message;
} codes[] = {
    [STATUS_OK] = {HTTP_STATUS_INTERNAL_SERVER_ERROR, "an unexpected error happened"},
    [STATUS_CANCELLED] = {(enum http_status)ERROR_STATUS_CLIENT_CLOSED,
                          "the request was cancelled"},
    [STATUS_UNKNOWN] = {HTTP_STATUS_INTERNAL_SERVER_ERROR, "an unexpected error happened"},
    [STATUS_INVALID_ARGUMENT] = {HTTP_STATUS_BAD_REQUEST, NULL},
    [STATUS_DEADLINE_EXCEEDED] = {HTTP_STATUS_GATEWAY_TIMEOUT,
                                  "the service took too long; try again later"},
    [STATUS_NOT_FOUND] = {HTTP_STATUS_NOT_FOUND, NULL},
    [STATUS_ALREADY_EXISTS] = {HTTP_STATUS_CONFLICT, NULL},
    [STATUS_PERMISSION_DENIED] = {HTTP_STATUS_FORBIDDEN, NULL},
    [STATUS_RESOURCE_EXHAUSTED] = {HTTP_STATUS_TOO_MANY_REQUESTS,
                                   "there is too much to do at the moment; try again later"},
    [STATUS_FAILED_PRECONDITION] = {HTTP_STATUS_BAD_REQUEST, NULL},
    [STATUS_ABORTED] = {HTTP_STATUS_CONFLICT, NULL},
    [STATUS_OUT_OF_RANGE] = {HTTP_STATUS_BAD_REQUEST, NULL},
    [STATUS_UNIMPLEMENTED] = {HTTP_STATUS_NOT_IMPLEMENTED, "this server does not offer that yet"},
    [STATUS_INTERNAL] = {HTTP_STATUS_INTERNAL_SERVER_ERROR, "an unexpected error happened"},
    [STATUS_UNAVAILABLE] = {HTTP_STATUS_SERVICE_UNAVAILABLE,
                            "the service is not available at the moment; try again shortly"},
    [STATUS_DATA_LOSS] = {HTTP_STATUS_INTERNAL_SERVER_ERROR, "an unexpected error happened"},
    [STATUS_UNAUTHENTICATED] = {HTTP_STATUS_UNAUTHORIZED, NULL},
};

/* What the public API names more exactly, by reason. */
static const struct {
    const char *reason;
    enum http_status status;
    const char *code;    /* NULL: the reason in lower case */
    const char *message; /* said instead of the failure's own; NULL: that one */
} reasons[] = {
    /* API: B2, B3: pages, credits and caps. */
    {"OUT_OF_PAGES", HTTP_STATUS_PAYMENT_REQUIRED, NULL},
    {"PAGE_CAP", HTTP_STATUS_PAYMENT_REQUIRED, NULL},
    {"OUT_OF_QUESTIONS", HTTP_STATUS_PAYMENT_REQUIRED, NULL},
    /* API: Errors, B7. */
    {"JOB_NOT_DONE", HTTP_STATUS_CONFLICT, NULL},
    {"JOB_EXPIRED", HTTP_STATUS_NOT_FOUND, "expired"}, /* API: B15 */
    /* API: B16. */
    {"IDEMPOTENCY_KEY_REUSED", HTTP_STATUS_UNPROCESSABLE_ENTITY, NULL},
    {"IDEMPOTENCY_IN_PROGRESS", HTTP_STATUS_CONFLICT, NULL},
    /* Of the bridge itself, to a service that does not know it: no fault of the caller's. */
    {"CALLER_NOT_ALLOWED", HTTP_STATUS_INTERNAL_SERVER_ERROR, "internal",
     "an unexpected error happened"},
    {"PURCHASE_ENDED", HTTP_STATUS_CONFLICT, NULL},
    /* Larger than an export may be: waiting does not help. */
    {"PAGE_TOO_LARGE", HTTP_STATUS_UNPROCESSABLE_ENTITY, NULL},
    {"DOCUMENT_TOO_LARGE", HTTP_STATUS_UNPROCESSABLE_ENTITY, NULL},
    {"CONVERSATION_FULL", HTTP_STATUS_CONFLICT, NULL},
    {"TOO_MANY_TOKENS", HTTP_STATUS_CONFLICT, NULL},
    {"SUSPENDED", HTTP_STATUS_FORBIDDEN, NULL},
    /* Overload, not the caller's own rate (API: B2). */
    {"QUEUE_FULL", HTTP_STATUS_SERVICE_UNAVAILABLE, NULL},
    {"OUT_OF_MEMORY", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    {"OVERLOADED", HTTP_STATUS_SERVICE_UNAVAILABLE, NULL},
    /* PostgreSQL's class of errors for a full disk, memory or connections. */
    {"SQLSTATE_53000", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    {"SQLSTATE_53100", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    {"SQLSTATE_53200", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    {"SQLSTATE_53300", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    {"SQLSTATE_53400", HTTP_STATUS_SERVICE_UNAVAILABLE, "overloaded"},
    /* What the bridge itself finds in a request (RFC 9110 §15.5, RFC 6585). */
    {"METHOD_NOT_ALLOWED", HTTP_STATUS_METHOD_NOT_ALLOWED, NULL},
    {"REQUEST_TIMEOUT", HTTP_STATUS_REQUEST_TIMEOUT, NULL},
    {"URI_TOO_LONG", HTTP_STATUS_URI_TOO_LONG, NULL},
    {"HEADERS_TOO_LARGE", HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE, NULL},
    {"EXPECTATION_FAILED", HTTP_STATUS_EXPECTATION_FAILED, NULL},
    {"UNKNOWN_METHOD", HTTP_STATUS_NOT_IMPLEMENTED, NULL},
    {"PRECONDITION_FAILED", HTTP_STATUS_PRECONDITION_FAILED, NULL},
    {"RANGE_NOT_SATISFIABLE", HTTP_STATUS_RANGE_NOT_SATISFIABLE, NULL},
    {"HTTP_VERSION", HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED, NULL},
};

static void find_by_code(const struct status *st, struct error_answer *answer)
{
    size_t index = (size_t)st->code < ARRAY_LENGTH(codes) ? (size_t)st->code : STATUS_UNKNOWN;

    answer->status = codes[index].status;
    rest_error_code(st->reason[0] != '\0' ? st->reason : status_code_name((status_code)index),
                    answer->code, sizeof(answer->code));
    if (st->reason[0] == '\0' && codes[index].message != NULL)
        answer->message = codes[index].message;
}

static void find_by_reason(const struct status *st, struct error_answer *answer)
{
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (strcmp(reasons[i].reason, st->reason) != 0)
            continue;
        answer->status = reasons[i].status;
        if (reasons[i].message != NULL)
            answer->message = reasons[i].message;
        if (reasons[i].code != NULL)
            rest_error_code(reasons[i].code, answer->code, sizeof(answer->code));
        return;
    }
}

void error_find(const struct status *st, struct error_answer *ret_answer)
{
    struct error_answer answer = {.message = st->message};

    find_by_code(st, &answer);
    find_by_reason(st, &answer);
    if (st->message[0] == '\0' && answer.message == st->message)
        answer.message = "the request failed";
    if (answer.status == HTTP_STATUS_TOO_MANY_REQUESTS ||
        answer.status == HTTP_STATUS_SERVICE_UNAVAILABLE)
        answer.retry_after_seconds = st->retry_after_ms > 0
                                         ? (st->retry_after_ms + MS_PER_SECOND - 1) / MS_PER_SECOND
                                         : RETRY_SECONDS;
    *ret_answer = answer;
}

/* "used" and "cap" are integers in the public body (API: B1). */
static bool write_number(struct buf *out, const struct status *st, const char *key)
{
    const char *text = status_get_info(st, key);
    int64_t value = 0;

    if (text != NULL)
        (void)str_to_int64(str_of(text), &value);
    return json_write_name(out, key) && json_write_integer(out, value);
}

static bool write_quota(struct buf *out, const struct status *st)
{
    const char *period = status_get_info(st, "period");
    const char *resets_at = status_get_info(st, "resets_at");

    if (!write_number(out, st, "used") || !write_number(out, st, "cap") ||
        !json_write_name(out, "period") ||
        !json_write_string(out, str_of(period != NULL ? period : "credits")))
        return false;
    return json_write_name(out, "resets_at") &&
           (resets_at != NULL && resets_at[0] != '\0' ? json_write_string(out, str_of(resets_at))
                                                      : json_write_null(out));
}

static bool write_problem(struct buf *out, const struct error_answer *answer)
{
    char type[ERROR_CODE_MAX + 24];

    (void)snprintf(type, sizeof(type), "urn:ocrmesh:error:%s", answer->code);
    return json_write_name(out, "type") && json_write_string(out, str_of(type)) &&
           json_write_name(out, "title") &&
           json_write_string(out, str_of(http_status_str(answer->status))) &&
           json_write_name(out, "status") && json_write_integer(out, answer->status) &&
           json_write_name(out, "detail") && json_write_string(out, str_of(answer->message));
}

bool error_write_body(struct buf *out, const struct status *st, const struct error_answer *answer,
                      const char *request_id, bool is_problem)
{
    return json_write_begin_object(out) && json_write_name(out, "error") &&
           json_write_string(out, str_of(answer->message)) && json_write_name(out, "code") &&
           json_write_string(out, str_of(answer->code)) &&
           (st->field[0] == '\0' ||
            (json_write_name(out, "field") && json_write_string(out, str_of(st->field)))) &&
           (answer->status != HTTP_STATUS_PAYMENT_REQUIRED || write_quota(out, st)) &&
           (!is_problem || write_problem(out, answer)) && json_write_name(out, "request_id") &&
           json_write_string(out, str_of(request_id)) && json_write_end_object(out) &&
           buf_append_char(out, '\n');
}

static bool wants_problem(const struct exchange *exchange)
{
    return exchange_accepts(exchange, STR("application/problem+json"));
}

static void log_it(const struct exchange *exchange, const struct status *st,
                   enum http_status status)
{
    log_level level = status >= HTTP_STATUS_INTERNAL_SERVER_ERROR ? LOG_WARNING : LOG_INFO;

    struct trace_context before = trace_context_swap(*exchange_trace(exchange));

    log_failure(level, "request failed", st,
                LOG_STRING("request_id", exchange_request_id(exchange)),
                LOG_INTEGER("status", status));
    (void)trace_context_swap(before);
}

bool error_write_late(struct buf *out, const struct exchange *exchange, const struct status *st)
{
    struct error_answer answer;

    error_find(st, &answer);
    log_it(exchange, st, answer.status);
    return error_write_body(out, st, &answer, exchange_request_id(exchange),
                            wants_problem(exchange));
}

void error_respond(struct exchange *exchange, const struct status *st)
{
    struct error_answer answer;
    struct buf body;
    bool is_problem = wants_problem(exchange);

    if (exchange_is_closed(exchange))
        return;
    error_find(st, &answer);
    log_it(exchange, st, answer.status);
    if (exchange_is_committed(exchange)) {
        exchange_abort(exchange);
        return;
    }
    exchange_reset_response(exchange);
    if (answer.status == HTTP_STATUS_TOO_MANY_REQUESTS)
        rate_limit_tell_refused(exchange, st);
    if (answer.retry_after_seconds > 0)
        exchange_add_header(exchange, "retry-after", "%lld", (long long)answer.retry_after_seconds);
    if (answer.status == HTTP_STATUS_UNAUTHORIZED)
        exchange_add_header(exchange, "www-authenticate", "Bearer");
    if (strcmp(st->reason, "METHOD_NOT_ALLOWED") == 0)
        exchange_add_header(exchange, "allow", "%s", status_get_info(st, "allow"));
    if (strcmp(st->reason, "RANGE_NOT_SATISFIABLE") == 0)
        exchange_add_header(exchange, "content-range", "bytes */%s", status_get_info(st, "size"));
    exchange_add_header(exchange, "content-type", "%s",
                        is_problem ? "application/problem+json" : "application/json");
    exchange_respond(exchange, answer.status);
    buf_init(&body, ERROR_BODY_MAX_BYTES);
    if (error_write_body(&body, st, &answer, exchange_request_id(exchange), is_problem))
        (void)exchange_write(exchange, buf_str(&body));
    buf_deinit(&body);
    exchange_end(exchange);
}
