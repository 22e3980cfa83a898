#include "bridge/http/connection.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/http/http1.h"
#include "bridge/http/http2.h"
#include "bridge/http/server.h"
#include "bridge/http/tls_context.h"
#include "lib/base/clock.h"

enum { STOP_LINGER_MS = 1000 }; /* for the client to close, once the server stops */

/* RFC 9113 §3.4. */
static const char http2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_LENGTH = sizeof(http2_preface) - 1 };

struct connection {
    struct wire wire;
    struct server *server;
    struct connection *previous, *next;
    char address[IP_ADDRESS_TEXT_SIZE];
    bool is_secure;
    bool is_peer_taken;

    /* NULL until the first bytes have told, or under TLS the handshake */
    const struct connection_protocol *operations;
    void *protocol;
    char first_bytes[PREFACE_LENGTH];
    size_t first_count;
    int64_t accept_time;

    bool is_dirty;
    bool is_finishing; /* to be closed once the output is out */
    bool is_lingering;
    bool is_closing;
    int64_t linger_left;
    int64_t linger_deadline;
    int64_t last_read;
};

struct server *connection_server(const struct connection *connection)
{
    return connection->server;
}

const char *connection_address(const struct connection *connection)
{
    return connection->address;
}

struct connection *connection_next(const struct connection *connection)
{
    return connection->next;
}

bool connection_is_secure(const struct connection *connection)
{
    return connection->is_secure;
}

size_t connection_queued(const struct connection *connection)
{
    return wire_queued(&connection->wire);
}

int64_t connection_last_read(const struct connection *connection)
{
    return connection->last_read;
}

bool connection_is_ending(const struct connection *connection)
{
    return connection->is_finishing || connection->is_closing;
}

static const struct server_limits *limits(const struct connection *connection)
{
    return &server_options(connection->server)->limits;
}

static void free_connection(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct server *server = connection->server;

    if (connection->operations != NULL)
        connection->operations->closed(connection->protocol);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server_set_first_connection(server, connection->next);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    wire_deinit(&connection->wire);
    if (connection->is_peer_taken)
        server_release_peer(server, connection->address);
    server_remove_connection(server, connection);
    free(connection);
}

void connection_abort(struct connection *connection)
{
    if (connection->is_closing)
        return;
    connection->is_closing = true;
    wire_close(&connection->wire, free_connection);
}

/* Hands the first bytes to the protocol they belong to. */
static void choose_protocol(struct connection *connection, bool is_http2)
{
    if (is_http2)
        connection->protocol = http2_new(connection, &connection->operations);
    else
        connection->protocol = http1_new(connection, &connection->operations);
    if (connection->protocol == NULL) {
        connection->operations = NULL;
        connection_abort(connection);
        return;
    }
    connection->operations->receive(connection->protocol,
                                    (struct str){connection->first_bytes, connection->first_count});
}

void connection_replace_protocol(struct connection *connection,
                                 const struct connection_protocol *operations, void *protocol,
                                 struct str bytes)
{
    const struct connection_protocol *old_operations = connection->operations;
    void *old = connection->protocol;

    connection->operations = operations;
    connection->protocol = protocol;
    if (bytes.n > 0)
        operations->receive(protocol, bytes);
    old_operations->closed(old); /* the bytes may be its own */
    connection_set_reading(connection, true);
    connection_wake(connection);
}

static void tell_protocol(struct connection *connection, struct str bytes)
{
    while (connection->operations == NULL && bytes.n > 0) {
        char expected = http2_preface[connection->first_count];

        connection->first_bytes[connection->first_count++] = bytes.p[0];
        bool is_match = bytes.p[0] == expected;
        bytes.p++;
        bytes.n--;
        if (!is_match || connection->first_count == PREFACE_LENGTH)
            choose_protocol(connection, is_match);
        if (connection->is_closing)
            return;
    }
    if (bytes.n > 0)
        connection->operations->receive(connection->protocol, bytes);
}

static void mark_dirty(struct connection *connection)
{
    if (connection->is_dirty || connection->is_closing)
        return;
    connection->is_dirty = true;
    server_add_dirty(connection->server, connection);
}

/* --- what the wire tells --- */

/* RFC 9113 §3.2: under TLS it is ALPN that chooses, and nothing else. */
static void on_established(void *owner, bool is_http2)
{
    struct connection *connection = owner;

    connection->last_read = time_mono();
    choose_protocol(connection, is_http2);
}

static void on_bytes(void *owner, struct str bytes)
{
    struct connection *connection = owner;

    if (connection->is_lingering) {
        connection->linger_left -= (int64_t)bytes.n;
        if (connection->linger_left < 0)
            connection_abort(connection);
        return;
    }
    connection->last_read = time_mono();
    if (!connection->is_finishing)
        tell_protocol(connection, bytes);
}

static void on_end(void *owner)
{
    struct connection *connection = owner;

    if (connection->operations != NULL && !connection->is_lingering)
        connection->operations->receive_eof(connection->protocol);
    else
        connection_abort(connection);
}

static void on_output(void *owner)
{
    mark_dirty(owner);
}

static void on_taken(void *owner)
{
    struct connection *connection = owner;

    mark_dirty(connection);
    if (connection->operations != NULL)
        connection->operations->sent(connection->protocol);
}

static void on_failure(void *owner)
{
    connection_abort(owner);
}

static const struct wire_events wire_events = {
    on_established, on_bytes, on_end, on_output, on_taken, on_failure,
};

void connection_set_reading(struct connection *connection, bool is_reading)
{
    if (!connection->is_closing)
        wire_set_reading(&connection->wire, is_reading);
}

void connection_wake(struct connection *connection)
{
    mark_dirty(connection);
}

void connection_send(struct connection *connection, struct str bytes)
{
    if (connection->is_closing || connection->is_lingering)
        return;
    if (!wire_queue(&connection->wire, bytes)) {
        connection_abort(connection);
        return;
    }
    mark_dirty(connection);
}

void connection_send_lent(struct connection *connection, struct lent lent)
{
    if (connection->is_closing || connection->is_lingering)
        lent_return(&lent);
    else if (wire_queue_lent(&connection->wire, lent))
        mark_dirty(connection);
    else
        connection_abort(connection);
}

/* While the server stops: idle clients need not notice, and the process would wait for them. */
static void shorten_linger(struct connection *connection)
{
    const int64_t deadline = time_mono_after_ms(STOP_LINGER_MS);

    if (connection->linger_deadline > deadline)
        connection->linger_deadline = deadline;
}

/* The output is out: end our side and read on, until the client closes too. */
static void begin_linger(struct connection *connection)
{
    if (connection->is_lingering)
        return;
    connection->is_lingering = true;
    connection->linger_left = limits(connection)->linger_max_bytes;
    connection->linger_deadline = time_mono_after_ms(limits(connection)->linger_timeout_ms);
    if (server_is_stopping(connection->server))
        shorten_linger(connection);
    if (wire_end(&connection->wire))
        connection_set_reading(connection, true);
    else
        connection_abort(connection);
}

void connection_finish(struct connection *connection)
{
    connection->is_finishing = true;
    mark_dirty(connection);
}

void connection_flush(struct connection *connection)
{
    connection->is_dirty = false;
    if (connection->is_closing || connection->is_lingering)
        return;
    if (connection->operations != NULL && !wire_is_writing(&connection->wire))
        connection->operations->prepare(connection->protocol);
    while (!connection->is_closing && connection_queued(connection) > 0) {
        switch (wire_write(&connection->wire)) {
        case WIRE_WAITS:
            return;
        case WIRE_BROKEN:
            connection_abort(connection);
            return;
        case WIRE_TAKEN:
            if (connection->operations != NULL)
                connection->operations->sent(connection->protocol);
            break;
        }
    }
    if (connection->is_finishing && !connection->is_closing)
        begin_linger(connection);
}

void connection_tick(struct connection *connection, int64_t now)
{
    const struct server_limits *bounds = limits(connection);

    if (connection->is_closing)
        return;
    if (connection->is_lingering) {
        if (now >= connection->linger_deadline)
            connection_abort(connection);
        return;
    }
    if (connection_queued(connection) > 0 && now - wire_last_progress(&connection->wire) >
                                                 bounds->write_timeout_ms * NANOSECONDS_PER_MS) {
        connection_abort(connection);
        return;
    }
    if (connection->operations != NULL)
        connection->operations->tick(connection->protocol, now);
    else if (now - connection->accept_time > bounds->head_timeout_ms * NANOSECONDS_PER_MS)
        connection_abort(connection);
}

void connection_drain(struct connection *connection)
{
    if (connection->is_lingering)
        shorten_linger(connection);
    if (connection->is_closing || connection->is_finishing)
        return;
    if (connection->operations != NULL)
        connection->operations->drain(connection->protocol);
    else
        connection_abort(connection);
}

int connection_accept(struct server *server, uv_stream_t *listener, const struct tls_context *tls)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    int error;

    if (connection == NULL)
        return UV_ENOMEM;
    connection->server = server;
    connection->is_secure = tls != NULL;
    connection->accept_time = connection->last_read = time_mono();
    connection->next = server_first_connection(server);
    if (connection->next != NULL)
        connection->next->previous = connection;
    server_set_first_connection(server, connection);
    server_add_connection(server, connection);

    error = wire_accept(&connection->wire, listener, tls != NULL,
                        tls != NULL ? tls_context_accept(tls) : NULL, server_wire_buffers(server),
                        &wire_events, connection);
    if (error == 0) {
        wire_peer(&connection->wire, connection->address);
        connection->is_peer_taken = server_take_peer(server, connection->address);
    }
    if (!connection->is_peer_taken) {
        connection_abort(connection);
        return error;
    }
    connection_set_reading(connection, true);
    return 0;
}
