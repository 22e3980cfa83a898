#include "bridge/http/server.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bridge/http/connection.h"
#include "bridge/http/listener.h"
#include "bridge/http/peer_table.h"
#include "lib/base/clock.h"

enum {
    SWEEP_INTERVAL_MS = 500,
    LISTENERS_MAX = 2, /* plain, TLS */
};

struct server {
    struct server_options options;
    struct listener listeners[LISTENERS_MAX];
    size_t listener_count; /* of handles to be closed */
    uv_timer_t sweep;
    uv_prepare_t before_sleep;
    uv_check_t after_events;
    int open_handles;
    struct connection *connections;
    _Atomic int64_t connection_count;
    struct connection **dirty; /* to be flushed; grows with the connections */
    size_t dirty_count, dirty_capacity;
    bool is_stopping;
    bool is_stopped;
    int64_t stop_deadline;
    struct peer_table *peers;
    _Atomic int64_t refused_count;
    struct wire_buffers buffers;
};

const struct server_options *server_options(const struct server *server)
{
    return &server->options;
}

bool server_is_stopping(const struct server *server)
{
    return server->is_stopping;
}

int64_t server_connection_count(const struct server *server)
{
    return atomic_load(&server->connection_count);
}

int64_t server_refused_count(const struct server *server)
{
    return atomic_load(&server->refused_count);
}

int server_port(const struct server *server)
{
    return server->listeners[0].port;
}

int server_tls_port(const struct server *server)
{
    return server->listeners[1].port;
}

struct wire_buffers *server_wire_buffers(struct server *server)
{
    return &server->buffers;
}

struct connection *server_first_connection(const struct server *server)
{
    return server->connections;
}

void server_set_first_connection(struct server *server, struct connection *connection)
{
    server->connections = connection;
}

static void count_closed_handle(uv_handle_t *handle)
{
    struct server *server = handle->data;

    server->open_handles--;
}

static void close_listener(uv_handle_t *handle)
{
    struct listener *listener = (struct listener *)handle;

    listener->server->open_handles--;
}

static void close_loop_handles(struct server *server)
{
    uv_close((uv_handle_t *)&server->sweep, count_closed_handle);
    uv_close((uv_handle_t *)&server->before_sleep, count_closed_handle);
    uv_close((uv_handle_t *)&server->after_events, count_closed_handle);
}

static bool is_proxy(const struct server *server, const char *address)
{
    return server->options.is_proxy(address, server->options.is_proxy_data);
}

bool server_take_peer(struct server *server, const char *address)
{
    bool is_taken =
        atomic_load(&server->connection_count) <= server->options.limits.connections_max &&
        (is_proxy(server, address) || peer_table_add(server->peers, address));

    if (!is_taken)
        atomic_fetch_add(&server->refused_count, 1);
    return is_taken;
}

void server_release_peer(struct server *server, const char *address)
{
    if (!is_proxy(server, address))
        peer_table_remove(server->peers, address);
}

static void finish_stop(struct server *server)
{
    if (server->is_stopped || atomic_load(&server->connection_count) > 0)
        return;
    server->is_stopped = true;
    close_loop_handles(server);
    server->options.on_stopped(server->options.on_stopped_data);
}

void server_add_connection(struct server *server, struct connection *connection)
{
    atomic_fetch_add(&server->connection_count, 1);
}

void server_remove_connection(struct server *server, struct connection *connection)
{
    for (size_t i = 0; i < server->dirty_count; i++)
        if (server->dirty[i] == connection)
            server->dirty[i] = NULL;
    atomic_fetch_sub(&server->connection_count, 1);
    if (server->is_stopping)
        finish_stop(server);
}

void server_add_dirty(struct server *server, struct connection *connection)
{
    if (server->dirty_count == server->dirty_capacity) {
        size_t capacity = server->dirty_capacity == 0 ? 64 : server->dirty_capacity * 2;
        struct connection **dirty = realloc(server->dirty, capacity * sizeof(*dirty));

        if (dirty == NULL) {
            connection_abort(connection);
            return;
        }
        server->dirty = dirty;
        server->dirty_capacity = capacity;
    }
    server->dirty[server->dirty_count++] = connection;
}

/* Flushing may make further connections dirty, which then stand behind. */
static void flush_dirty(struct server *server)
{
    for (size_t i = 0; i < server->dirty_count; i++)
        if (server->dirty[i] != NULL)
            connection_flush(server->dirty[i]);
    server->dirty_count = 0;
}

static void flush_before_sleep(uv_prepare_t *handle)
{
    flush_dirty(handle->data);
}

static void flush_after_events(uv_check_t *handle)
{
    flush_dirty(handle->data);
}

static void sweep(uv_timer_t *timer)
{
    struct server *server = timer->data;
    int64_t now = time_mono();
    bool is_over = server->is_stopping && now >= server->stop_deadline;
    struct connection *next;

    /* A tick closes connections later, in their close callback: the list stays whole. */
    for (struct connection *at = server->connections; at != NULL; at = next) {
        next = connection_next(at);
        if (is_over)
            connection_abort(at);
        else
            connection_tick(at, now);
    }
}

static status_code listen_on(struct server *server, const char *address,
                             const struct tls_context *tls, struct status *st)
{
    server->open_handles++;
    return listener_open(&server->listeners[server->listener_count++], server, address, tls, st);
}

static void close_listeners(struct server *server)
{
    for (size_t i = 0; i < server->listener_count; i++)
        uv_close((uv_handle_t *)&server->listeners[i].tcp, close_listener);
}

status_code server_start(const struct server_options *options, struct server **ret_server,
                         struct status *st)
{
    struct server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return FAIL_MEMORY(st);
    server->peers = peer_table_new(options->limits.connections_per_address_max);
    if (server->peers == NULL) {
        free(server);
        return FAIL_MEMORY(st);
    }
    server->options = *options;
    (void)uv_timer_init(options->loop, &server->sweep);
    (void)uv_prepare_init(options->loop, &server->before_sleep);
    (void)uv_check_init(options->loop, &server->after_events);
    server->sweep.data = server;
    server->before_sleep.data = server->after_events.data = server;
    server->open_handles = 3;

    status_code code = listen_on(server, options->address, NULL, st);
    if (code == STATUS_OK && options->tls != NULL)
        code = listen_on(server, options->tls_address, options->tls, st);
    if (code != STATUS_OK) {
        close_listeners(server);
        close_loop_handles(server);
        server_free(server);
        return code;
    }
    (void)uv_timer_start(&server->sweep, sweep, SWEEP_INTERVAL_MS, SWEEP_INTERVAL_MS);
    (void)uv_prepare_start(&server->before_sleep, flush_before_sleep);
    (void)uv_check_start(&server->after_events, flush_after_events);
    *ret_server = server;
    return STATUS_OK;
}

void server_stop(struct server *server)
{
    struct connection *next;

    if (server->is_stopping)
        return;
    server->is_stopping = true;
    server->stop_deadline = time_mono_after_ms(server->options.limits.drain_timeout_ms);
    close_listeners(server);
    for (struct connection *at = server->connections; at != NULL; at = next) {
        next = connection_next(at);
        connection_drain(at);
    }
    finish_stop(server);
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    /* libuv still owns handles that were closed but not reported: let it report them. */
    while (server->open_handles > 0)
        (void)uv_run(server->options.loop, UV_RUN_NOWAIT);
    peer_table_free(server->peers);
    free(server->dirty);
    free(server);
}
