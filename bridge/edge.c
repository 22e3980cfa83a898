#include "bridge/edge.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/tls_context.h"
#include "bridge/router.h"
#include "bridge/shared_call.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/log/log.h"

/* Reading on after an answer that came before its request's end, so that the client sees the
 * answer (RFC 9112 §9.6). It costs no memory; the time bounds it. */
enum { LINGER_TIMEOUT_MS = 30000, ANSWER_SWEEP_INTERVAL_MS = 10000 };

struct edge {
    struct bridge bridge;
    uv_loop_t loop;
    uv_async_t rpc_wake;
    uv_async_t stop_wake;
    uv_signal_t reload_signal;
    uv_timer_t answer_sweep;
    struct tls_context *tls; /* NULL: no certificate is given */
    pthread_t thread;
    bool is_drained;
};

static void wake_for_rpc(void *arg)
{
    struct edge *edge = arg;

    (void)uv_async_send(&edge->rpc_wake);
}

static void dispatch_rpc(uv_async_t *async)
{
    struct edge *edge = async->data;

    if (edge->bridge.rpc != NULL)
        rpc_loop_dispatch(edge->bridge.rpc);
}

static void begin_stop(uv_async_t *async)
{
    struct edge *edge = async->data;

    server_stop(edge->bridge.server);
}

static void sweep_answers(uv_timer_t *timer)
{
    struct edge *edge = timer->data;

    answer_cache_sweep(edge->bridge.answers);
}

static status_code start_answers(struct edge *edge, struct status *st)
{
    edge->bridge.answers = answer_cache_new(edge->bridge.settings->answer_cache_bytes);
    if (edge->bridge.answers == NULL)
        return FAIL_MEMORY(st);
    (void)uv_timer_start(&edge->answer_sweep, sweep_answers, ANSWER_SWEEP_INTERVAL_MS,
                         ANSWER_SWEEP_INTERVAL_MS);
    return STATUS_OK;
}

static void close_handles(struct edge *edge)
{
    uv_close((uv_handle_t *)&edge->rpc_wake, NULL);
    uv_close((uv_handle_t *)&edge->stop_wake, NULL);
    uv_close((uv_handle_t *)&edge->reload_signal, NULL);
    uv_close((uv_handle_t *)&edge->answer_sweep, NULL);
    shared_calls_close(edge->bridge.shared);
}

/* No connection is left, so the calls that are still open are cancelled ones. */
static void finish_stop(void *data)
{
    struct edge *edge = data;

    rpc_loop_free(TAKE(edge->bridge.rpc));
    close_handles(edge);
}

static void log_certificate(const struct edge *edge, const char *message)
{
    char not_after[TIME_RFC3339_SIZE];

    time_format_rfc3339(tls_context_not_after(edge->tls) * NANOSECONDS_PER_SECOND, not_after);
    log_write(LOG_INFO, message, LOG_STRING("file", edge->bridge.settings->tls_certificate),
              LOG_STRING("not_after", not_after));
}

static void reload_certificate(uv_signal_t *handle, int signal_number)
{
    struct edge *edge = handle->data;
    struct status st = {0};

    if (tls_context_reload(edge->tls, &st) == STATUS_OK)
        log_certificate(edge, "certificate reloaded");
    else
        log_failure(LOG_ERROR, "certificate not reloaded: the old one stays", &st);
}

/* *ret_tls stays NULL where no certificate is given. */
static status_code read_certificate(const struct bridge_settings *settings,
                                    struct tls_context **ret_tls, struct status *st)
{
    if ((settings->tls_certificate[0] == '\0') != (settings->tls_key[0] == '\0'))
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                    "BRIDGE_TLS_CERTIFICATE and BRIDGE_TLS_KEY are given together or not at all");
    if (settings->tls_certificate[0] == '\0')
        return STATUS_OK;
    return tls_context_new(settings->tls_certificate, settings->tls_key, ret_tls, st);
}

static status_code load_certificate(struct edge *edge, struct status *st)
{
    TRY(read_certificate(edge->bridge.settings, &edge->tls, st));
    if (edge->tls == NULL)
        return STATUS_OK;
    (void)uv_signal_start(&edge->reload_signal, reload_certificate, SIGHUP);
    log_certificate(edge, "certificate loaded");
    return STATUS_OK;
}

static status_code check_proxy_header(const char *name, struct status *st)
{
    if (strcmp(name, "x-forwarded-for") == 0 || strcmp(name, "forwarded") == 0)
        return STATUS_OK;
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                "BRIDGE_PROXY_HEADER is x-forwarded-for or forwarded, not '%.60s'", name);
}

static status_code parse_settings(const struct bridge_settings *settings,
                                  struct trusted_proxies *ret_trusted, struct cors_policy *ret_cors,
                                  struct status *st)
{
    TRY(check_proxy_header(settings->proxy_header, st));
    TRY(trusted_proxies_parse(settings->trusted_proxies, ret_trusted, st));
    return cors_parse(settings->cors_origins, ret_cors, st);
}

status_code edge_check(const struct bridge_settings *settings, struct status *st)
{
    _cleanup_(tls_context_freep) struct tls_context *tls = NULL;
    struct trusted_proxies trusted;
    struct cors_policy cors;

    TRY(parse_settings(settings, &trusted, &cors, st));
    return read_certificate(settings, &tls, st);
}

static void *run(void *data)
{
    struct edge *edge = data;

    (void)uv_run(&edge->loop, UV_RUN_DEFAULT);
    return NULL;
}

static bool is_proxy(const char *address, void *data)
{
    return trusted_proxies_have(data, address);
}

static status_code start_server(struct edge *edge, struct status *st)
{
    const struct bridge_settings *settings = edge->bridge.settings;

    return server_start(
        &(struct server_options){
            .loop = &edge->loop,
            .address = settings->listen,
            .tls = edge->tls,
            .tls_address = settings->tls_listen,
            .limits =
                {
                    .connections_max = settings->connections_max,
                    .connections_per_address_max = settings->connections_per_address_max,
                    .streams_max = settings->streams_max,
                    .head_max_bytes = settings->head_max_bytes,
                    .head_timeout_ms = settings->head_timeout_ms,
                    .body_timeout_ms = settings->body_timeout_ms,
                    .body_rate_min = settings->body_rate_min,
                    .idle_timeout_ms = settings->idle_timeout_ms,
                    .write_timeout_ms = settings->write_timeout_ms,
                    .linger_timeout_ms = LINGER_TIMEOUT_MS,
                    .linger_max_bytes = settings->body_max_bytes,
                    .drain_timeout_ms = settings->drain_timeout_ms,
                },
            .bridge = &edge->bridge,
            .dispatch = router_dispatch,
            .is_proxy = is_proxy,
            .is_proxy_data = &edge->bridge.trusted,
            .on_stopped = finish_stop,
            .on_stopped_data = edge,
        },
        &edge->bridge.server, st);
}

/* After a failed start: nothing has run yet. */
static void take_apart(struct edge *edge)
{
    if (edge->bridge.rpc != NULL)
        rpc_loop_free(TAKE(edge->bridge.rpc));
    close_handles(edge);
    (void)uv_run(&edge->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&edge->loop);
    tls_context_free(edge->tls);
    answer_cache_free(edge->bridge.answers);
    shared_calls_free(edge->bridge.shared);
    free(edge);
}

status_code edge_start(const struct bridge_settings *settings, const struct edge_channels *channels,
                       struct edge **ret_edge, struct status *st)
{
    struct edge *edge = calloc(1, sizeof(*edge));

    if (edge == NULL)
        return FAIL_MEMORY(st);
    edge->bridge = (struct bridge){
        .settings = settings,
        .ocr = channels->ocr,
        .billing = channels->billing,
        .export = channels->export,
        .chat = channels->chat,
    };
    (void)uv_loop_init(&edge->loop);
    (void)uv_async_init(&edge->loop, &edge->rpc_wake, dispatch_rpc);
    (void)uv_async_init(&edge->loop, &edge->stop_wake, begin_stop);
    (void)uv_signal_init(&edge->loop, &edge->reload_signal);
    (void)uv_timer_init(&edge->loop, &edge->answer_sweep);
    edge->rpc_wake.data = edge->stop_wake.data = edge->reload_signal.data = edge;
    edge->answer_sweep.data = edge;

    status_code code = parse_settings(settings, &edge->bridge.trusted, &edge->bridge.cors, st);
    if (code == STATUS_OK)
        code = start_answers(edge, st);
    edge->bridge.shared = shared_calls_new(&edge->loop);
    if (code == STATUS_OK && edge->bridge.shared == NULL)
        code = FAIL_MEMORY(st);
    if (code == STATUS_OK)
        code = rpc_loop_new(wake_for_rpc, edge, &edge->bridge.rpc, st);
    if (code == STATUS_OK)
        code = load_certificate(edge, st);
    if (code == STATUS_OK)
        code = start_server(edge, st);
    if (code == STATUS_OK && !thread_start(&edge->thread, "edge", run, edge)) {
        code = FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread can be started");
        server_stop(edge->bridge.server);
        server_free(edge->bridge.server);
    }
    if (code != STATUS_OK) {
        take_apart(edge);
        return code;
    }
    *ret_edge = edge;
    return STATUS_OK;
}

int edge_port(const struct edge *edge)
{
    return server_port(edge->bridge.server);
}

int edge_tls_port(const struct edge *edge)
{
    return server_tls_port(edge->bridge.server);
}

struct answer_cache_counts edge_answer_counts(const struct edge *edge)
{
    return answer_cache_counts(edge->bridge.answers);
}

int64_t edge_connection_count(const struct edge *edge)
{
    return server_connection_count(edge->bridge.server);
}

int64_t edge_refused_count(const struct edge *edge)
{
    return server_refused_count(edge->bridge.server);
}

void edge_drain(struct edge *edge)
{
    if (edge->is_drained)
        return;
    (void)uv_async_send(&edge->stop_wake);
    (void)pthread_join(edge->thread, NULL);
    edge->is_drained = true;
}

void edge_free(struct edge *edge)
{
    if (edge == NULL)
        return;
    edge_drain(edge);
    server_free(edge->bridge.server);
    (void)uv_loop_close(&edge->loop);
    tls_context_free(edge->tls);
    answer_cache_free(edge->bridge.answers);
    shared_calls_free(edge->bridge.shared);
    free(edge);
}
