#include "bridge/http/connection.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/http1.h"
#include "bridge/http/http2.h"
#include "bridge/http/server.h"
#include "lib/base/clock.h"

enum {
    OUTPUT_MAX_BYTES = 64 << 20,   /* never reached by exchanges that wait for room */
    OUTPUT_KEPT_BYTES = 16 * 1024, /* of an empty queue's memory */
    STOP_LINGER_MS = 1000,         /* for the client to close, once the server stops */
};

/* RFC 9113 §3.4. */
static const char http2_preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum { PREFACE_LENGTH = sizeof(http2_preface) - 1 };

struct connection {
    uv_tcp_t tcp;
    struct server *server;
    struct connection *previous, *next;
    char address[INET6_ADDRSTRLEN];

    const struct connection_protocol *operations; /* NULL until the first bytes have told */
    void *protocol;
    char first_bytes[PREFACE_LENGTH];
    size_t first_count;
    int64_t accept_time;

    struct buf output; /* queued */
    struct buf flight; /* in the hands of libuv */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool is_writing;
    bool is_dirty;
    bool is_reading;
    bool is_finishing; /* to be closed once the output is out */
    bool is_lingering;
    bool is_closing;
    int64_t linger_left;
    int64_t linger_deadline;
    int64_t last_read;
    int64_t last_progress; /* of output */
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

size_t connection_queued(const struct connection *connection)
{
    return connection->output.length + connection->flight.length;
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
    buf_deinit(&connection->output);
    buf_deinit(&connection->flight);
    server_remove_connection(server, connection);
    free(connection);
}

void connection_abort(struct connection *connection)
{
    if (connection->is_closing)
        return;
    connection->is_closing = true;
    uv_close((uv_handle_t *)&connection->tcp, free_connection);
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

static void receive(struct connection *connection, struct str bytes)
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

static void provide_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct connection *connection = handle->data;

    *ret_buffer = uv_buf_init(server_read_buffer(connection->server), CONNECTION_READ_BYTES);
}

static void read_some(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;

    if (count == 0 || connection->is_closing)
        return;
    if (count < 0) {
        /* The end of the client's side, or an error, after which nothing can be sent either. */
        (void)uv_read_stop(stream);
        connection->is_reading = false;
        if (count == UV_EOF && connection->operations != NULL && !connection->is_lingering)
            connection->operations->receive_eof(connection->protocol);
        else
            connection_abort(connection);
        return;
    }
    if (connection->is_lingering) {
        connection->linger_left -= count;
        if (connection->linger_left < 0)
            connection_abort(connection);
        return;
    }
    connection->last_read = time_mono();
    if (!connection->is_finishing)
        receive(connection, (struct str){buffer->base, (size_t)count});
}

void connection_set_reading(struct connection *connection, bool is_reading)
{
    if (connection->is_closing || connection->is_reading == is_reading)
        return;
    connection->is_reading = is_reading;
    if (is_reading)
        (void)uv_read_start((uv_stream_t *)&connection->tcp, provide_buffer, read_some);
    else
        (void)uv_read_stop((uv_stream_t *)&connection->tcp);
}

static void mark_dirty(struct connection *connection)
{
    if (connection->is_dirty || connection->is_closing)
        return;
    connection->is_dirty = true;
    server_add_dirty(connection->server, connection);
}

void connection_wake(struct connection *connection)
{
    mark_dirty(connection);
}

void connection_send(struct connection *connection, struct str bytes)
{
    if (connection->is_closing || connection->is_lingering)
        return;
    if (connection_queued(connection) == 0)
        connection->last_progress = time_mono();
    if (!buf_append(&connection->output, bytes.p, bytes.n)) {
        connection_abort(connection);
        return;
    }
    mark_dirty(connection);
}

static void shut_down(uv_shutdown_t *request, int error)
{
    struct connection *connection = request->handle->data;

    if (error != 0 && error != UV_ECANCELED)
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
    if (uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, shut_down) != 0) {
        connection_abort(connection);
        return;
    }
    connection_set_reading(connection, true);
}

void connection_finish(struct connection *connection)
{
    connection->is_finishing = true;
    mark_dirty(connection);
}

static void wrote(uv_write_t *request, int error)
{
    struct connection *connection = request->handle->data;

    connection->is_writing = false;
    buf_clear(&connection->flight);
    if (connection->is_closing)
        return;
    if (error != 0) {
        connection_abort(connection);
        return;
    }
    connection->last_progress = time_mono();
    mark_dirty(connection);
    connection->operations->sent(connection->protocol);
}

static void drop_spare_memory(struct buf *queue)
{
    if (queue->length == 0 && queue->capacity > OUTPUT_KEPT_BYTES)
        buf_deinit(queue);
}

void connection_flush(struct connection *connection)
{
    connection->is_dirty = false;
    if (connection->is_closing || connection->is_writing || connection->operations == NULL)
        return;
    connection->operations->prepare(connection->protocol);
    if (connection->is_closing)
        return;
    while (connection->output.length > 0) {
        uv_buf_t bytes = uv_buf_init(connection->output.data, (unsigned)connection->output.length);
        int count = uv_try_write((uv_stream_t *)&connection->tcp, &bytes, 1);

        if (count < 0 && count != UV_EAGAIN) {
            connection_abort(connection);
            return;
        }
        if (count > 0) {
            connection->last_progress = time_mono();
            buf_consume(&connection->output, (size_t)count);
        }
        if (connection->output.length > 0) {
            struct buf empty = connection->flight;

            connection->flight = connection->output;
            connection->output = empty;
            bytes = uv_buf_init(connection->flight.data, (unsigned)connection->flight.length);
            connection->is_writing = true;
            if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, &bytes, 1, wrote) !=
                0) {
                connection->is_writing = false;
                connection_abort(connection);
            }
            return;
        }
        connection->operations->sent(connection->protocol);
        if (connection->is_closing)
            return;
    }
    drop_spare_memory(&connection->output);
    drop_spare_memory(&connection->flight);
    if (connection->is_finishing)
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
    if (connection_queued(connection) > 0 &&
        now - connection->last_progress > bounds->write_timeout_ms * NANOSECONDS_PER_MS) {
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

static void name_peer(struct connection *connection)
{
    struct sockaddr_storage address;
    int length = sizeof(address);

    connection->address[0] = '\0';
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &length) != 0)
        return;
    if (address.ss_family == AF_INET6) {
        const struct in6_addr *ip = &((struct sockaddr_in6 *)&address)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(ip))
            (void)inet_ntop(AF_INET, &ip->s6_addr[12], connection->address,
                            sizeof(connection->address));
        else
            (void)inet_ntop(AF_INET6, ip, connection->address, sizeof(connection->address));
    } else {
        (void)inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, connection->address,
                        sizeof(connection->address));
    }
}

int connection_accept(struct server *server, uv_stream_t *listener)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    int error;

    if (connection == NULL)
        return UV_ENOMEM;
    connection->server = server;
    (void)uv_tcp_init(listener->loop, &connection->tcp);
    connection->tcp.data = connection;
    buf_init(&connection->output, OUTPUT_MAX_BYTES);
    buf_init(&connection->flight, OUTPUT_MAX_BYTES);
    connection->accept_time = connection->last_read = time_mono();
    connection->next = server_first_connection(server);
    if (connection->next != NULL)
        connection->next->previous = connection;
    server_set_first_connection(server, connection);
    server_add_connection(server, connection);

    error = uv_accept(listener, (uv_stream_t *)&connection->tcp);
    if (error == 0 && server_connection_count(server) > limits(connection)->connections_max)
        error = UV_EMFILE;
    if (error != 0) {
        connection_abort(connection);
        return error;
    }
    name_peer(connection);
    (void)uv_tcp_nodelay(&connection->tcp, 1);
    connection_set_reading(connection, true);
    return 0;
}
