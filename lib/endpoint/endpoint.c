#include "lib/endpoint/endpoint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/base/wait.h"
#include "lib/endpoint/breaker.h"
#include "lib/endpoint/endpoint_counts.h"
#include "lib/http/http_client.h"
#include "lib/trace/trace.h"

enum {
    PAUSE_FIRST_MS = 500,
    PAUSE_MAX_MS = 30 * 1000,
};

struct endpoint {
    struct endpoint_settings settings;
    struct breaker breaker;
    struct endpoint_counts counts;
    pthread_mutex_t lock;
    pthread_cond_t slot_freed; /* or a caller was interrupted */
    int64_t slots_used;
};

/* --- settings --- */

status_code endpoint_check_url(const char *variable, const char *url, struct status *st)
{
    if (!http_url_is_plain(url) || strlen(url) > ENDPOINT_URL_MAX)
        return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                    "%s is no http or https URL without user and password", variable);
    return STATUS_OK;
}

status_code endpoint_check_key(const char *variable, const char *key, struct status *st)
{
    for (const char *c = key; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || c - key >= ENDPOINT_KEY_MAX)
            return FAIL(st, STATUS_FAILED_PRECONDITION, "CONFIG",
                        "%s is not of printable ASCII without spaces", variable);
    return STATUS_OK;
}

bool endpoint_append_url(struct buf *out, const char *url, const char *path)
{
    struct str base = str_of(url);
    struct str end = str_of(path);

    while (base.n > 0 && base.p[base.n - 1] == '/')
        base.n--;
    bool is_whole = base.n >= end.n && memcmp(base.p + base.n - end.n, end.p, end.n) == 0;
    return buf_append(out, base.p, base.n) && (is_whole || buf_append(out, end.p, end.n));
}

struct endpoint *endpoint_new(const struct endpoint_settings *settings)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));

    if (endpoint == NULL)
        return NULL;
    endpoint->settings = *settings;
    breaker_init(&endpoint->breaker, (int)settings->breaker_failures, settings->breaker_pause_ms);
    pthread_mutex_init(&endpoint->lock, NULL);
    wait_init(&endpoint->slot_freed);
    return endpoint;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    breaker_deinit(&endpoint->breaker);
    pthread_cond_destroy(&endpoint->slot_freed);
    pthread_mutex_destroy(&endpoint->lock);
    free(endpoint);
}

const char *endpoint_name(const struct endpoint *endpoint)
{
    return endpoint->settings.name;
}

const struct endpoint_counts *endpoint_counted(const struct endpoint *endpoint)
{
    return &endpoint->counts;
}

bool endpoint_is_left_alone(struct endpoint *endpoint, int64_t *ret_openings)
{
    return breaker_is_open(&endpoint->breaker, ret_openings);
}

/* --- the limit on calls at once --- */

static status_code take_slot(struct endpoint *endpoint, const struct endpoint_call *call,
                             int64_t deadline_ns, struct status *st)
{
    bool is_in_time = true;

    pthread_mutex_lock(&endpoint->lock);
    while (endpoint->slots_used >= endpoint->settings.calls_max && is_in_time &&
           !http_client_is_interrupted(call->client))
        is_in_time = wait_until(&endpoint->slot_freed, &endpoint->lock, deadline_ns);
    bool is_interrupted = http_client_is_interrupted(call->client);
    bool is_taken = !is_interrupted && endpoint->slots_used < endpoint->settings.calls_max;
    endpoint->slots_used += is_taken;
    pthread_mutex_unlock(&endpoint->lock);
    if (is_interrupted)
        return FAIL(st, STATUS_CANCELLED, NULL, "the call was interrupted");
    if (!is_taken)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "it had all the calls that it may have at once");
    return STATUS_OK;
}

static void give_slot(struct endpoint *endpoint)
{
    pthread_mutex_lock(&endpoint->lock);
    endpoint->slots_used--;
    pthread_cond_broadcast(&endpoint->slot_freed);
    pthread_mutex_unlock(&endpoint->lock);
}

void endpoint_interrupt(struct endpoint *endpoint, struct http_client *client)
{
    http_client_interrupt(client);
    pthread_mutex_lock(&endpoint->lock);
    pthread_cond_broadcast(&endpoint->slot_freed);
    pthread_mutex_unlock(&endpoint->lock);
}

/* --- one attempt --- */

/* What an attempt came to. */
struct attempt {
    int http_status;        /* 0: none */
    int64_t retry_after_ms; /* that the server asks for; 0: none */
    bool may_retry;
};

static bool is_passing(int http_status)
{
    return http_status == 429 || http_status == 500 || http_status == 502 || http_status == 503 ||
           http_status == 504;
}

static status_code send_request(struct endpoint *endpoint, const struct endpoint_call *call,
                                int64_t deadline_ns, struct attempt *ret_attempt, struct status *st)
{
    const struct endpoint_settings *settings = &endpoint->settings;
    struct http_answer answer = {0};
    const struct http_request request = {
        .url = call->url,
        .body = call->body,
        .content_type = "application/json",
        .bearer_token = settings->api_key,
        .ca_file = settings->ca_file,
        .times = {.connect_ms = settings->connect_ms,
                  .first_byte_ms = settings->first_byte_ms,
                  .stall_ms = settings->stall_ms,
                  .deadline_ns = deadline_ns},
        .body_max_bytes = call->answer_max_bytes,
        .on_body = call->on_body,
        .arg = call->arg,
    };

    call->begin(call->arg);
    status_code code = call->body.n > 0 ? http_client_post(call->client, &request, &answer, st)
                                        : http_client_get(call->client, &request, &answer, st);
    if (code == STATUS_ABORTED) /* the answer has ended, or has a fault that `end` tells */
        return call->end(call->arg, st);
    ret_attempt->may_retry = code == STATUS_UNAVAILABLE;
    TRY(code);
    ret_attempt->http_status = answer.status;
    if (answer.status == 200)
        return call->end(call->arg, st);
    ret_attempt->may_retry = is_passing(answer.status);
    ret_attempt->retry_after_ms = answer.retry_after_ms;
    return FAIL(st, ret_attempt->may_retry ? STATUS_UNAVAILABLE : STATUS_FAILED_PRECONDITION, NULL,
                "it answered with HTTP status %d", answer.status);
}

static endpoint_end end_of(status_code code, const struct attempt *attempt)
{
    if (code == STATUS_OK)
        return ENDPOINT_OK;
    if (attempt->http_status != 0 && attempt->http_status != 200)
        return ENDPOINT_REFUSED;
    switch (code) {
    case STATUS_UNAVAILABLE:
    case STATUS_FAILED_PRECONDITION:
        return ENDPOINT_UNREACHABLE;
    case STATUS_DEADLINE_EXCEEDED:
        return ENDPOINT_TIMEOUT;
    case STATUS_RESOURCE_EXHAUSTED:
        return ENDPOINT_TOO_LONG;
    case STATUS_ABORTED:
        return ENDPOINT_LOOPS;
    case STATUS_CANCELLED:
        return ENDPOINT_INTERRUPTED;
    default:
        return ENDPOINT_BROKEN;
    }
}

/* What an attempt says about the endpoint, beside what it says about the question. */
static breaker_outcome outcome_of(endpoint_end end, int http_status)
{
    switch (end) {
    case ENDPOINT_OK:
    case ENDPOINT_TOO_LONG:
    case ENDPOINT_LOOPS:
        return BREAKER_SUCCESS;
    case ENDPOINT_INTERRUPTED:
        return BREAKER_UNKNOWN;
    case ENDPOINT_REFUSED:
        /* Too busy, or not fond of this question. */
        return http_status == 400 || http_status == 413 || http_status == 422 || http_status == 429
                   ? BREAKER_UNKNOWN
                   : BREAKER_FAILURE;
    default:
        return BREAKER_FAILURE;
    }
}

/* As a span, by OpenTelemetry's semantic conventions for HTTP clients, without the URL: it may hold
 * what is not for everybody. traceparent is not sent: who answers is outside. */
static struct trace_span *begin_span(const struct endpoint *endpoint,
                                     const struct endpoint_call *call)
{
    const char *method = call->body.n > 0 ? "POST" : "GET";
    struct trace_context unused;
    struct trace_span *span =
        trace_span_begin_below(TRACE_CLIENT, method, trace_context_current(), &unused);

    trace_span_text(span, "http.request.method", str_of(method));
    trace_span_text(span, "ocrmesh.endpoint", str_of(endpoint->settings.name));
    return span;
}

static void end_span(struct trace_span *span, endpoint_end end, int http_status)
{
    if (http_status != 0)
        trace_span_integer(span, "http.response.status_code", http_status);
    if (end != ENDPOINT_OK)
        trace_span_fail(span, endpoint_end_name(end));
    trace_span_end(span);
}

static status_code try_once(struct endpoint *endpoint, const struct endpoint_call *call,
                            int64_t deadline_ns, struct attempt *ret_attempt, struct status *st)
{
    int64_t start_ns = time_mono();
    bool is_probe;

    *ret_attempt = (struct attempt){0};
    if (!breaker_enter(&endpoint->breaker, &is_probe))
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "it has failed and is left alone for a while");
    struct trace_span *span = begin_span(endpoint, call);
    status_code code = send_request(endpoint, call, deadline_ns, ret_attempt, st);
    endpoint_end end = end_of(code, ret_attempt);
    end_span(span, end, ret_attempt->http_status);
    breaker_leave(&endpoint->breaker, is_probe, outcome_of(end, ret_attempt->http_status));
    endpoint_counts_add(&endpoint->counts, end, time_mono() - start_ns);
    return code;
}

/* --- all attempts --- */

/* Full jitter over the upper half, so that callers who failed together do not return together. */
static int64_t pause_before(int retry, int64_t retry_after_ms)
{
    int64_t pause_ms = PAUSE_FIRST_MS;

    for (int i = 1; i < retry && pause_ms < PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    pause_ms = pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms / 2 + 1);
    return pause_ms > retry_after_ms ? pause_ms : retry_after_ms;
}

static status_code try_all(struct endpoint *endpoint, const struct endpoint_call *call,
                           int64_t deadline_ns, struct status *st)
{
    for (int retry = 1;; retry++) {
        struct attempt attempt;
        status_code code = try_once(endpoint, call, deadline_ns, &attempt, st);
        if (code == STATUS_OK || !attempt.may_retry || retry > endpoint->settings.retries)
            return code;
        int64_t next_ns = time_mono_after_ms(pause_before(retry, attempt.retry_after_ms));
        if (next_ns >= deadline_ns)
            return code;
        if (!http_client_sleep(call->client, next_ns))
            return FAIL(st, STATUS_CANCELLED, NULL, "the call was interrupted");
        atomic_fetch_add(&endpoint->counts.retries, 1);
    }
}

status_code endpoint_call(struct endpoint *endpoint, const struct endpoint_call *call,
                          struct status *st)
{
    int64_t deadline_ns = call->counts_waiting ? time_mono_after_ms(call->timeout_ms) : TIME_NEVER;

    TRY(take_slot(endpoint, call, deadline_ns, st));
    if (!call->counts_waiting)
        deadline_ns = time_mono_after_ms(call->timeout_ms);
    atomic_fetch_add(&endpoint->counts.calls_now, 1);
    status_code code = try_all(endpoint, call, deadline_ns, st);
    atomic_fetch_sub(&endpoint->counts.calls_now, 1);
    give_slot(endpoint);
    return code;
}
