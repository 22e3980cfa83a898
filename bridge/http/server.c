#include "bridge/http/server.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/connection.h"
#include "lib/base/clock.h"
#include "lib/log/log.h"

enum {
    BACKLOG = 1024,
    SWEEP_INTERVAL_MS = 500,
    ADDRESS_MAX = 64,
};

struct server {
    struct server_options options;
    uv_tcp_t listener;
    uv_timer_t sweep;
    uv_prepare_t before_sleep;
    uv_check_t after_events;
    int open_handles;
    int port;
    struct connection *connections;
    _Atomic int64_t connection_count;
    struct connection **dirty; /* to be flushed; grows with the connections */
    size_t dirty_count, dirty_capacity;
    bool is_stopping;
    bool is_stopped;
    int64_t stop_deadline;
    char read_buffer[CONNECTION_READ_BYTES];
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

int server_port(const struct server *server)
{
    return server->port;
}

char *server_read_buffer(struct server *server)
{
    return server->read_buffer;
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

static void finish_stop(struct server *server)
{
    if (server->is_stopped || atomic_load(&server->connection_count) > 0)
        return;
    server->is_stopped = true;
    uv_close((uv_handle_t *)&server->sweep, count_closed_handle);
    uv_close((uv_handle_t *)&server->before_sleep, count_closed_handle);
    uv_close((uv_handle_t *)&server->after_events, count_closed_handle);
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

static void accept_connection(uv_stream_t *listener, int error)
{
    struct server *server = listener->data;

    if (error == 0)
        error = connection_accept(server, listener);
    if (error != 0)
        log_write(LOG_WARNING, "a connection was not accepted",
                  LOG_STRING("error", uv_strerror(error)));
}

static status_code parse_address(const char *text, struct sockaddr_storage *ret_address,
                                 struct status *st)
{
    char host[ADDRESS_MAX];
    const char *colon = strrchr(text, ':');
    int64_t port;
    struct str name;

    if (colon == NULL || !str_to_int64(str_of(colon + 1), &port) || port < 0 || port > 65535)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "\"%s\" is not ADDRESS:PORT", text);
    name = (struct str){text, (size_t)(colon - text)};
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = (struct str){name.p + 1, name.n - 2};
    if (name.n >= sizeof(host))
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "\"%s\" is not ADDRESS:PORT", text);
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    if (uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret_address) != 0 &&
        uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)ret_address) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "\"%s\" holds no IP address", text);
    return STATUS_OK;
}

static status_code listen_on(struct server *server, struct status *st)
{
    struct sockaddr_storage address;
    int length = sizeof(address);
    int error;

    TRY(parse_address(server->options.address, &address, st));
    error = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&server->listener, BACKLOG, accept_connection);
    if (error == 0)
        error = uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &length);
    if (error != 0)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "cannot listen on %s: %s",
                    server->options.address, uv_strerror(error));
    server->port =
        ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                            : ((struct sockaddr_in *)&address)->sin_port);
    return STATUS_OK;
}

status_code server_start(const struct server_options *options, struct server **ret_server,
                         struct status *st)
{
    struct server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return FAIL_MEMORY(st);
    server->options = *options;
    (void)uv_tcp_init(options->loop, &server->listener);
    (void)uv_timer_init(options->loop, &server->sweep);
    (void)uv_prepare_init(options->loop, &server->before_sleep);
    (void)uv_check_init(options->loop, &server->after_events);
    server->listener.data = server->sweep.data = server;
    server->before_sleep.data = server->after_events.data = server;
    server->open_handles = 4;

    status_code code = listen_on(server, st);
    if (code != STATUS_OK) {
        uv_close((uv_handle_t *)&server->listener, count_closed_handle);
        uv_close((uv_handle_t *)&server->sweep, count_closed_handle);
        uv_close((uv_handle_t *)&server->before_sleep, count_closed_handle);
        uv_close((uv_handle_t *)&server->after_events, count_closed_handle);
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
    uv_close((uv_handle_t *)&server->listener, count_closed_handle);
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
    free(server->dirty);
    free(server);
}
