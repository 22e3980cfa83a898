#include "bridge/edge.h"

#include <stdlib.h>

#include "bridge/router.h"

/* Reading on after an answer that came before its request's end, so that the client sees the
 * answer (RFC 9112 §9.6). It costs no memory; the time bounds it. */
enum { LINGER_TIMEOUT_MS = 30000 };

struct edge {
    struct bridge bridge;
    uv_loop_t loop;
    uv_async_t rpc_wake;
    uv_async_t stop_wake;
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

/* No connection is left, so the calls that are still open are cancelled ones. */
static void finish_stop(void *data)
{
    struct edge *edge = data;

    rpc_loop_free(TAKE(edge->bridge.rpc));
    uv_close((uv_handle_t *)&edge->rpc_wake, NULL);
    uv_close((uv_handle_t *)&edge->stop_wake, NULL);
}

static void *run(void *data)
{
    struct edge *edge = data;

    (void)uv_run(&edge->loop, UV_RUN_DEFAULT);
    return NULL;
}

static status_code start_server(struct edge *edge, struct status *st)
{
    const struct bridge_settings *settings = edge->bridge.settings;

    return server_start(
        &(struct server_options){
            .loop = &edge->loop,
            .address = settings->listen,
            .limits =
                {
                    .connections_max = settings->connections_max,
                    .streams_max = settings->streams_max,
                    .head_max_bytes = settings->head_max_bytes,
                    .head_timeout_ms = settings->head_timeout_ms,
                    .body_timeout_ms = settings->body_timeout_ms,
                    .idle_timeout_ms = settings->idle_timeout_ms,
                    .write_timeout_ms = settings->write_timeout_ms,
                    .linger_timeout_ms = LINGER_TIMEOUT_MS,
                    .linger_max_bytes = settings->body_max_bytes,
                    .drain_timeout_ms = settings->drain_timeout_ms,
                },
            .bridge = &edge->bridge,
            .dispatch = router_dispatch,
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
    uv_close((uv_handle_t *)&edge->rpc_wake, NULL);
    uv_close((uv_handle_t *)&edge->stop_wake, NULL);
    (void)uv_run(&edge->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&edge->loop);
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
    edge->rpc_wake.data = edge->stop_wake.data = edge;

    status_code code = trusted_proxies_parse(settings->trusted_proxies, &edge->bridge.trusted, st);
    if (code == STATUS_OK)
        code = rpc_loop_new(wake_for_rpc, edge, &edge->bridge.rpc, st);
    if (code == STATUS_OK)
        code = start_server(edge, st);
    if (code == STATUS_OK && pthread_create(&edge->thread, NULL, run, edge) != 0) {
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

int64_t edge_connection_count(const struct edge *edge)
{
    return server_connection_count(edge->bridge.server);
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
    free(edge);
}
