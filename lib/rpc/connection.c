#include "lib/rpc/connection_internal.h"

#include <netinet/tcp.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/log/log.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_tls.h"

enum {
    QUEUE_HIGH_BYTES = 256 * 1024, /* in the socket's queue: no more frames are made */
    GREETING_MS = 20000,           /* until a client has said that it speaks HTTP/2, TLS included */
    KEEPALIVE_TIME_MS = 60000,     /* a silent client is asked whether it is there */
    KEEPALIVE_TIMEOUT_MS = 20000,
    WARNED_MS = 1000, /* for calls that are on their way to a connection that is to end */
    LINGER_MS = 1000, /* for the client to close, once everything is said */
};

struct rpc_connection *rpc_connection_next(const struct rpc_connection *connection)
{
    return connection->next;
}

struct rpc_connection *rpc_connection_next_dirty(struct rpc_connection *connection)
{
    return TAKE(connection->next_dirty);
}

struct rpc_server_loop *rpc_connection_loop(const struct rpc_connection *connection)
{
    return connection->loop;
}

struct rpc_peer *rpc_connection_peer(const struct rpc_connection *connection)
{
    return connection->peer;
}

nghttp2_session *rpc_connection_session(const struct rpc_connection *connection)
{
    return connection->session;
}

void rpc_connection_consume(struct rpc_connection *connection, int32_t stream, size_t count)
{
    (void)nghttp2_session_consume_stream(connection->session, stream, count);
    rpc_connection_wake(connection);
}

void rpc_connection_reset(struct rpc_connection *connection, int32_t stream, uint32_t error)
{
    rpc_connection_check(connection, nghttp2_submit_rst_stream(connection->session,
                                                               NGHTTP2_FLAG_NONE, stream, error));
    rpc_connection_wake(connection);
}

void rpc_connection_check(struct rpc_connection *connection, int result)
{
    if (result != 0)
        connection->is_dead = true;
}

void rpc_connection_wake(struct rpc_connection *connection)
{
    struct rpc_connection **dirty = rpc_server_loop_dirty(connection->loop);

    if (connection->is_dirty || connection->is_closing)
        return;
    connection->is_dirty = true;
    connection->next_dirty = *dirty;
    *dirty = connection;
}

/* --- the end --- */

static void free_connection(uv_handle_t *handle)
{
    struct rpc_connection *connection = handle->data;
    struct rpc_server *server = rpc_server_loop_server(connection->loop);

    nghttp2_session_del(connection->session);
    wire_deinit(&connection->wire);
    rpc_peer_unref(connection->peer);
    free(connection);
    rpc_server_uncount_connection(server);
}

static void unlink_connection(struct rpc_connection *connection)
{
    struct rpc_connection **dirty = rpc_server_loop_dirty(connection->loop);

    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        *rpc_server_loop_connections(connection->loop) = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    while (connection->is_dirty && *dirty != NULL && *dirty != connection)
        dirty = &(*dirty)->next_dirty;
    if (connection->is_dirty && *dirty == connection)
        *dirty = connection->next_dirty;
}

void rpc_connection_abort(struct rpc_connection *connection)
{
    if (connection->is_closing)
        return;
    connection->is_closing = true;
    unlink_connection(connection);
    while (connection->calls != NULL) {
        struct rpc_call *call = connection->calls;

        connection->calls = call->next;
        if (connection->calls != NULL)
            connection->calls->previous = NULL;
        rpc_call_stream_gone(call);
    }
    wire_close(&connection->wire, free_connection);
}

/* Everything is said and written: ends our side, and reads on until the client ends its own, so
 * that it reads the last answer rather than a reset. */
static void begin_linger(struct rpc_connection *connection)
{
    if (connection->is_lingering)
        return;
    connection->is_lingering = true;
    connection->linger_end = time_mono_after_ms(LINGER_MS);
    if (!wire_end(&connection->wire))
        rpc_connection_abort(connection);
}

void rpc_connection_drain(struct rpc_connection *connection)
{
    if (connection->session == NULL) {
        rpc_connection_abort(connection);
        return;
    }
    if (connection->stage != CONNECTION_SERVES)
        return;
    connection->stage = CONNECTION_WARNED;
    connection->warned_time = time_mono();
    /* Once the ping is answered the client has read the notice. */
    rpc_connection_check(connection, nghttp2_submit_shutdown_notice(connection->session));
    rpc_connection_check(connection,
                         nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL));
    rpc_connection_wake(connection);
}

void rpc_connection_leave(struct rpc_connection *connection)
{
    connection->stage = CONNECTION_LEAVES;
    rpc_connection_check(connection, nghttp2_submit_goaway(connection->session, NGHTTP2_FLAG_NONE,
                                                           nghttp2_session_get_last_proc_stream_id(
                                                               connection->session),
                                                           NGHTTP2_NO_ERROR, NULL, 0));
    rpc_connection_wake(connection);
}

void rpc_connection_cancel_calls(struct rpc_connection *connection, const struct status *st)
{
    struct rpc_call *next;

    for (struct rpc_call *call = connection->calls; call != NULL; call = next) {
        next = call->next;
        rpc_call_abort(call, st);
    }
}

/* --- output --- */

/* Makes frames as long as the socket's queue has room. */
static void send_frames(struct rpc_connection *connection)
{
    while (!connection->is_dead && wire_queued(&connection->wire) < QUEUE_HIGH_BYTES) {
        const uint8_t *data;
        const ssize_t length = nghttp2_session_mem_send(connection->session, &data);

        if (length == 0)
            return;
        connection->is_dead =
            length < 0 ||
            !wire_queue(&connection->wire, (struct str){(const char *)data, (size_t)length});
    }
}

/* False when the socket is full, or broken. */
static bool write_all(struct rpc_connection *connection)
{
    while (!connection->is_dead && wire_queued(&connection->wire) > 0) {
        switch (wire_write(&connection->wire)) {
        case WIRE_WAITS:
            return false;
        case WIRE_BROKEN:
            connection->is_dead = true;
            break;
        case WIRE_TAKEN:
            if (connection->session != NULL)
                send_frames(connection);
            break;
        }
    }
    return !connection->is_dead;
}

void rpc_connection_flush(struct rpc_connection *connection)
{
    connection->is_dirty = false;
    if (connection->is_closing || connection->is_lingering)
        return;
    if (!connection->is_dead && connection->session != NULL && !wire_is_writing(&connection->wire))
        send_frames(connection);
    const bool is_written = write_all(connection);
    if (connection->is_dead)
        rpc_connection_abort(connection);
    else if (is_written && connection->session != NULL &&
             nghttp2_session_want_read(connection->session) == 0 &&
             nghttp2_session_want_write(connection->session) == 0)
        begin_linger(connection);
}

/* --- what the wire tells --- */

static bool begin_http2(struct rpc_connection *connection)
{
    const struct tls_session *tls = wire_tls(&connection->wire);
    uv_os_fd_t fd;

    if (uv_fileno(&connection->wire.handle, &fd) != 0)
        return false;
    connection->peer = rpc_peer_new(fd, tls != NULL ? tls_session_ssl(tls) : NULL);
    if (connection->peer == NULL || !rpc_connection_open_session(connection))
        return false;
    rpc_connection_wake(connection); /* the settings */
    if (rpc_server_loop_is_draining(connection->loop))
        rpc_connection_drain(connection);
    return true;
}

static void on_established(void *owner, bool is_http2)
{
    struct rpc_connection *connection = owner;

    if (!is_http2 || !begin_http2(connection))
        rpc_connection_abort(connection);
}

static void on_bytes(void *owner, struct str bytes)
{
    struct rpc_connection *connection = owner;

    if (connection->is_lingering || connection->session == NULL)
        return;
    connection->last_read = time_mono();
    if (nghttp2_session_mem_recv(connection->session, (const uint8_t *)bytes.p, bytes.n) < 0)
        connection->is_dead = true;
    rpc_connection_wake(connection);
}

static void on_output(void *owner)
{
    rpc_connection_wake(owner);
}

/* Before there is a session, what ends is a handshake; a certificate that is not trusted is a
 * mistake in how the mesh was set up that should be seen. */
static void tell_handshake(const struct rpc_connection *connection)
{
    const struct tls_session *tls = wire_tls(&connection->wire);
    const long result = tls != NULL ? SSL_get_verify_result(tls_session_ssl(tls)) : X509_V_OK;

    if (connection->session == NULL && result != X509_V_OK)
        log_write(LOG_WARNING, "a client's certificate was refused",
                  LOG_STRING("error", X509_verify_cert_error_string(result)));
}

static void on_end(void *owner)
{
    struct rpc_connection *connection = owner;

    tell_handshake(connection);
    rpc_connection_abort(connection);
}

static const struct wire_events wire_events = {
    on_established, on_bytes, on_end, on_output, on_output, on_end,
};

/* --- time --- */

static bool is_over(int64_t now, int64_t start, int64_t timeout_ms)
{
    return now - start > timeout_ms * NANOSECONDS_PER_MS;
}

static void keep_alive(struct rpc_connection *connection, int64_t now)
{
    if (connection->last_read > connection->ping_time)
        connection->ping_time = 0; /* whatever it was that came */
    if (connection->ping_time != 0) {
        connection->is_dead =
            connection->is_dead || is_over(now, connection->ping_time, KEEPALIVE_TIMEOUT_MS);
    } else if (is_over(now, connection->last_read, KEEPALIVE_TIME_MS)) {
        connection->ping_time = now;
        rpc_connection_check(connection,
                             nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL));
    }
}

void rpc_connection_tick(struct rpc_connection *connection, int64_t now)
{
    if (connection->is_lingering) {
        if (now >= connection->linger_end)
            rpc_connection_abort(connection);
        return;
    }
    if (!connection->is_greeted && is_over(now, connection->open_time, GREETING_MS)) {
        rpc_connection_abort(connection);
        return;
    }
    if (connection->session == NULL)
        return;
    keep_alive(connection, now);
    if (now >= connection->age_end)
        rpc_connection_drain(connection);
    if (connection->stage == CONNECTION_WARNED && is_over(now, connection->warned_time, WARNED_MS))
        rpc_connection_leave(connection);
    if (now >= connection->grace_end)
        connection->is_dead = true;
    rpc_connection_wake(connection);
}

/* The age, give or take a tenth, so that clients do not come back all at once. */
static void set_age(struct rpc_connection *connection)
{
    const struct rpc_server_options *options =
        rpc_server_options(rpc_server_loop_server(connection->loop));
    const int64_t age_ms = options->connection_age_ms;
    const int64_t tenth_ms = age_ms / 10;

    connection->age_end = connection->grace_end = TIME_NEVER;
    if (age_ms <= 0)
        return;
    connection->age_end =
        time_mono_after_ms(age_ms - tenth_ms + (int64_t)random_below((uint64_t)tenth_ms * 2 + 1));
    if (options->connection_grace_ms > 0 &&
        __builtin_add_overflow(connection->age_end,
                               options->connection_grace_ms * NANOSECONDS_PER_MS,
                               &connection->grace_end))
        connection->grace_end = TIME_NEVER;
}

void rpc_connection_open(struct rpc_server_loop *loop, int fd)
{
    struct rpc_server_tls *tls = rpc_server_tls(rpc_server_loop_server(loop));
    struct rpc_connection **first = rpc_server_loop_connections(loop);
    struct rpc_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        (void)close(fd);
        rpc_server_uncount_connection(rpc_server_loop_server(loop));
        return;
    }
    connection->loop = loop;
    connection->open_time = connection->last_read = time_mono();
    http2_flood_init(&connection->flood, connection->open_time);
    set_age(connection);
    connection->next = *first;
    if (connection->next != NULL)
        connection->next->previous = connection;
    *first = connection;
    if (wire_open(&connection->wire, rpc_server_loop_uv(loop), fd, tls != NULL,
                  tls != NULL ? rpc_server_tls_accept(tls) : NULL, rpc_server_loop_buffers(loop),
                  &wire_events, connection) != 0 ||
        (tls == NULL && !begin_http2(connection))) {
        rpc_connection_abort(connection);
        return;
    }
    wire_set_reading(&connection->wire, true);
}
