/*
 * Loads the echo service of any gRPC server for `./ocrmesh bench rpc`:
 *
 *     bench-rpc-load PORT unary|stream CALLS SECONDS BYTES CONNECTIONS
 *
 * Speaks HTTP/2 by nghttp2 and writes the messages' bytes itself, on one thread, so that it takes a
 * fraction of what a server takes: a client made with one of the runtimes under test would be what
 * limits, and not the same for all. CALLS at once, on CONNECTIONS together; the next one begins
 * when one ends, of a stream when its answer is there. Prints a line of JSON.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/rpc/tests/bench_tally.h"

enum {
    CONNECTIONS_MAX = 64,
    CALLS_MAX = 1024,
    MESSAGE_MAX_BYTES = 1 << 16,
    PREFIX_BYTES = 5,          /* of a message in gRPC: compressed or not, length */
    REQUEST_TAG = 6 << 3 | 2,  /* EchoRequest.padding */
    RESPONSE_TAG = 2 << 3 | 2, /* EchoResponse.padding */
    VARINT_BITS = 7,
    VARINT_MORE = 0x80,
    READ_BYTES = 1 << 18,
    WRITE_BYTES = 1 << 18,
    WINDOW_BYTES = 1 << 24,
    PATIENCE_MS = 10000, /* nothing may take longer */
};

/* A message as it lies in a DATA frame. */
struct message {
    unsigned char bytes[MESSAGE_MAX_BYTES];
    size_t length;
};

struct load {
    bool streams;
    struct message request, response;
    struct bench_tally tally;
    int under_way;
    int queue; /* epoll */
};

struct connection {
    struct load *load;
    int socket;
    nghttp2_session *session;
    unsigned char out[WRITE_BYTES]; /* what the socket has not taken */
    size_t out_from, out_to;
    bool wants_room;
};

/* One of those that call at once. */
struct caller {
    struct connection *connection;
    int32_t stream;
    int64_t sent;
    size_t out; /* bytes of the request that are sent */
    size_t in;  /* bytes of the response that are here */
    bool is_last, has_status;
};

static void message_make(struct message *message, unsigned char tag, size_t bytes)
{
    unsigned char *p = message->bytes + PREFIX_BYTES;

    if (bytes > 0)
        *p++ = tag;
    for (size_t left = bytes; left > 0; left >>= VARINT_BITS)
        *p++ = (unsigned char)(left & (VARINT_MORE - 1)) |
               (unsigned char)(left >= VARINT_MORE ? VARINT_MORE : 0);
    memset(p, 0, bytes);
    p += bytes;
    message->length = (size_t)(p - message->bytes);
    uint32_t length = htonl((uint32_t)(message->length - PREFIX_BYTES));
    message->bytes[0] = 0;
    memcpy(message->bytes + 1, &length, sizeof(length));
}

/* --- calls --- */

static ssize_t give_request(nghttp2_session *session, int32_t stream, uint8_t *bytes, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *data)
{
    struct caller *caller = source->ptr;
    const struct load *load = caller->connection->load;
    size_t left = load->request.length - caller->out;
    size_t length = left < room ? left : room;

    if (load->streams && left == 0) {
        if (!caller->is_last)
            return NGHTTP2_ERR_DEFERRED;
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    memcpy(bytes, load->request.bytes + caller->out, length);
    caller->out += length;
    if (!load->streams && length == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

#define HEADER(name, value)                                                                        \
    {(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1,                   \
     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}

static void start_call(struct caller *caller)
{
    static const nghttp2_nv unary[] = {
        HEADER(":method", "POST"),
        HEADER(":scheme", "http"),
        HEADER(":path", "/ocrmesh.test.v1.EchoService/Echo"),
        HEADER(":authority", "127.0.0.1"),
        HEADER("content-type", "application/grpc"),
        HEADER("te", "trailers"),
    };
    static const nghttp2_nv stream[] = {
        HEADER(":method", "POST"),
        HEADER(":scheme", "http"),
        HEADER(":path", "/ocrmesh.test.v1.EchoService/Talk"),
        HEADER(":authority", "127.0.0.1"),
        HEADER("content-type", "application/grpc"),
        HEADER("te", "trailers"),
    };
    const nghttp2_data_provider provider = {.source.ptr = caller, .read_callback = give_request};

    caller->sent = time_mono();
    caller->out = caller->in = 0;
    caller->has_status = false;
    caller->stream = nghttp2_submit_request(caller->connection->session, NULL,
                                            caller->connection->load->streams ? stream : unary,
                                            ARRAY_LENGTH(unary), &provider, caller);
    if (caller->stream < 0)
        bench_die("request: %s", nghttp2_strerror(caller->stream));
}

/* The answer of a stream is complete. */
static void answer_stream(struct caller *caller)
{
    caller->is_last = !bench_tally_add(&caller->connection->load->tally, caller->sent);
    caller->in = 0;
    if (!caller->is_last) {
        caller->out = 0;
        caller->sent = time_mono();
    }
    int error = nghttp2_session_resume_data(caller->connection->session, caller->stream);
    if (error != 0)
        bench_die("resume: %s", nghttp2_strerror(error));
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                   size_t length, void *data)
{
    struct caller *caller = nghttp2_session_get_stream_user_data(session, stream);
    const struct message *wanted = &caller->connection->load->response;

    if (length > wanted->length - caller->in ||
        memcmp(bytes, wanted->bytes + caller->in, length) != 0)
        bench_die("other bytes came back");
    caller->in += length;
    if (caller->connection->load->streams && caller->in == wanted->length)
        answer_stream(caller);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *data)
{
    static const char status[] = "grpc-status";

    if (name_length != sizeof(status) - 1 || memcmp(name, status, name_length) != 0)
        return 0;
    struct caller *caller = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (value_length != 1 || value[0] != '0')
        bench_die("a call failed with status %.*s", (int)value_length, (const char *)value);
    caller->has_status = true;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *data)
{
    struct caller *caller = nghttp2_session_get_stream_user_data(session, stream);
    struct load *load = caller->connection->load;

    if (error != 0 || !caller->has_status)
        bench_die("a call ended with error %u, %s", error,
                  caller->has_status ? "status 0" : "without status");
    if (load->streams) {
        load->under_way--;
        return 0;
    }
    if (caller->in != load->response.length)
        bench_die("%zu bytes came back", caller->in);
    if (bench_tally_add(&load->tally, caller->sent))
        start_call(caller);
    else
        load->under_way--;
    return 0;
}

/* --- connections --- */

static nghttp2_session *session_new(struct connection *connection)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        bench_die("out of memory");
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    if (nghttp2_session_client_new(&session, callbacks, connection) != 0)
        bench_die("out of memory");
    nghttp2_session_callbacks_del(callbacks);
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, ARRAY_LENGTH(settings)) !=
            0 ||
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES) != 0)
        bench_die("the connection cannot be set up");
    return session;
}

static struct connection *connection_new(struct load *load, int port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int on = 1;
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        bench_die("out of memory");
    connection->load = load;
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0 ||
        connect(connection->socket, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        bench_die("connect: %m");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(load->queue, EPOLL_CTL_ADD, connection->socket, &event) != 0)
        bench_die("epoll: %m");
    connection->session = session_new(connection);
    return connection;
}

static void connection_free(struct connection *connection)
{
    nghttp2_session_del(connection->session);
    (void)close(connection->socket);
    free(connection);
}

/* Takes out of the session what there is room for. */
static void fill(struct connection *connection)
{
    while (connection->out_to <= WRITE_BYTES / 2) {
        const uint8_t *bytes;
        ssize_t length = nghttp2_session_mem_send(connection->session, &bytes);

        if (length < 0 || (size_t)length > WRITE_BYTES - connection->out_to)
            bench_die("HTTP/2: nothing can be sent");
        if (length == 0)
            return;
        memcpy(connection->out + connection->out_to, bytes, (size_t)length);
        connection->out_to += (size_t)length;
    }
}

static void watch_room(struct connection *connection, bool wants_room)
{
    struct epoll_event event = {.events = EPOLLIN | (wants_room ? EPOLLOUT : 0),
                                .data.ptr = connection};

    if (connection->wants_room == wants_room)
        return;
    if (epoll_ctl(connection->load->queue, EPOLL_CTL_MOD, connection->socket, &event) != 0)
        bench_die("epoll: %m");
    connection->wants_room = wants_room;
}

static void write_out(struct connection *connection)
{
    for (;;) {
        fill(connection);
        if (connection->out_to == 0)
            break;
        ssize_t length =
            send(connection->socket, connection->out + connection->out_from,
                 connection->out_to - connection->out_from, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (length < 0 && errno != EAGAIN && errno != EINTR)
            bench_die("send: %m");
        if (length < 0)
            break;
        connection->out_from += (size_t)length;
        if (connection->out_from == connection->out_to)
            connection->out_from = connection->out_to = 0;
    }
    watch_room(connection, connection->out_to > 0);
}

static void read_in(struct connection *connection)
{
    static unsigned char bytes[READ_BYTES];
    ssize_t length = recv(connection->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0)
        bench_die("the server closed a connection");
    ssize_t used = nghttp2_session_mem_recv(connection->session, bytes, (size_t)length);
    if (used < 0)
        bench_die("HTTP/2: %s", nghttp2_strerror((int)used));
}

static void run(struct load *load, int port, int calls, int connection_count)
{
    struct connection *connections[CONNECTIONS_MAX];
    struct caller callers[CALLS_MAX] = {0};
    struct epoll_event events[CONNECTIONS_MAX];

    for (int i = 0; i < connection_count; i++)
        connections[i] = connection_new(load, port);
    load->under_way = calls;
    for (int i = 0; i < calls; i++) {
        callers[i].connection = connections[i % connection_count];
        start_call(&callers[i]);
    }
    for (int i = 0; i < connection_count; i++)
        write_out(connections[i]);
    while (load->under_way > 0) {
        int count = epoll_wait(load->queue, events, CONNECTIONS_MAX, PATIENCE_MS);

        if (count == 0)
            bench_die("no answer within %d ms", PATIENCE_MS);
        for (int i = 0; i < count; i++) {
            if (events[i].events & ~(uint32_t)EPOLLOUT)
                read_in(events[i].data.ptr);
            write_out(events[i].data.ptr);
        }
    }
    for (int i = 0; i < connection_count; i++)
        connection_free(connections[i]);
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc != 7)
        bench_die("see the top of bench_load.c");
    int calls = atoi(argv[3]), bytes = atoi(argv[5]), connections = atoi(argv[6]);
    if (calls < 1 || calls > CALLS_MAX || connections < 1 || connections > CONNECTIONS_MAX ||
        bytes < 0 || bytes > MESSAGE_MAX_BYTES / 2)
        bench_die("1 to %d calls, 1 to %d connections, 0 to %d bytes", CALLS_MAX, CONNECTIONS_MAX,
                  MESSAGE_MAX_BYTES / 2);
    load.streams = strcmp(argv[2], "stream") == 0;
    message_make(&load.request, REQUEST_TAG, (size_t)bytes);
    message_make(&load.response, RESPONSE_TAG, (size_t)bytes);
    load.queue = epoll_create1(EPOLL_CLOEXEC);
    if (load.queue < 0)
        bench_die("epoll: %m");
    bench_tally_init(&load.tally, atoi(argv[4]));
    run(&load, atoi(argv[1]), calls, connections);
    (void)close(load.queue);
    bench_tally_print(&load.tally);
    bench_tally_deinit(&load.tally);
    return EXIT_SUCCESS;
}
