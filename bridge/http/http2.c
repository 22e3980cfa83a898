#include "bridge/http/http2.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/error.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/http1_head.h"
#include "bridge/http/http2_stream.h"
#include "lib/base/clock.h"

enum {
    SESSION_QUEUE_HIGH_BYTES = 256 * 1024, /* in the socket's queue: no frames are made */
    EARLY_ANSWER_READING_MS = 200,         /* from an answer ahead of its request to the reset */
};

void http2_wake(struct http2 *http2)
{
    connection_wake(http2->connection);
}

/* Makes frames as long as the socket's queue has room. */
static void send_frames(struct http2 *http2)
{
    while (connection_queued(http2->connection) < SESSION_QUEUE_HIGH_BYTES) {
        const uint8_t *data;
        ssize_t length = nghttp2_session_mem_send(http2->session, &data);

        if (length < 0) {
            http2->is_dead = true;
            return;
        }
        if (length == 0)
            return;
        connection_send(http2->connection, (struct str){(const char *)data, (size_t)length});
    }
}

static void call_routes(struct http2 *http2)
{
    /* Callbacks end exchanges, never streams: those end in nghttp2's hands alone. */
    for (struct http2_stream *stream = http2->streams; stream != NULL; stream = stream->next) {
        if (stream->exchange != NULL && (stream->input.length > 0 || stream->is_input_ended))
            http2_stream_deliver(stream);
        if (stream->exchange == NULL || !stream->wants_room)
            continue;
        stream->wants_room = false;
        struct exchange *exchange = exchange_ref(stream->exchange);
        exchange_deliver_room(exchange);
        exchange_unref(exchange);
    }
}

/* Moves everything that can move: routes fill queues, frames empty them. What the routes make here
 * wakes the connection again. */
static void pump(void *protocol)
{
    struct http2 *http2 = protocol;

    if (connection_is_ending(http2->connection))
        return;
    if (!http2->is_dead)
        call_routes(http2);
    if (!http2->is_dead && http2->preface_start == 0)
        send_frames(http2);
    if (http2->is_dead)
        connection_abort(http2->connection);
    else if (nghttp2_session_want_read(http2->session) == 0 &&
             nghttp2_session_want_write(http2->session) == 0)
        connection_finish(http2->connection);
}

static void receive(void *protocol, struct str bytes)
{
    struct http2 *http2 = protocol;

    http2->preface_start = 0;
    if (nghttp2_session_mem_recv(http2->session, (const uint8_t *)bytes.p, bytes.n) < 0)
        http2->is_dead = true;
    http2_wake(http2);
}

static void receive_eof(void *protocol)
{
    struct http2 *http2 = protocol;

    connection_abort(http2->connection);
}

static bool is_over(int64_t now, int64_t start, int64_t timeout_ms)
{
    return now - start > timeout_ms * NANOSECONDS_PER_MS;
}

static void check_streams(struct http2 *http2, int64_t now)
{
    const struct server_limits *limits = &http2->options->limits;
    struct status st = {0};

    for (struct http2_stream *stream = http2->streams; stream != NULL; stream = stream->next) {
        if (stream->arena != NULL) {
            if (is_over(now, stream->last_input, limits->head_timeout_ms))
                http2->is_dead = true; /* a head holds up all other streams, too */
            continue;
        }
        /* A response that ends before its request tells the client to stop sending (RFC 9113
         * §8.1), but only once it has read the response: curl before 8.0 drops one that comes
         * together with the reset. */
        if (stream->answered_time > 0 &&
            is_over(now, stream->answered_time, EARLY_ANSWER_READING_MS)) {
            (void)nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                            NGHTTP2_NO_ERROR);
            stream->answered_time = 0;
        }
        /* The client's window is shut for too long. */
        if (http2_stream_output(stream).n > 0 &&
            is_over(now, stream->last_output, limits->write_timeout_ms))
            (void)nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                            NGHTTP2_CANCEL);
        if (stream->exchange == NULL)
            continue;
        if (stream->is_input_ended || !exchange_is_reading(stream->exchange))
            continue;
        if (is_over(now, stream->last_input, limits->body_timeout_ms))
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's body stopped arriving");
        else if (exchange_is_body_slow(stream->exchange, now, limits->body_timeout_ms,
                                       limits->body_rate_min))
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's body comes at less than %" PRId64 " bytes a second",
                       limits->body_rate_min);
        else
            continue;
        struct exchange *exchange = exchange_ref(stream->exchange);
        error_respond(exchange, &st);
        exchange_unref(exchange);
    }
}

static void tick(void *protocol, int64_t now)
{
    struct http2 *http2 = protocol;

    if (connection_is_ending(http2->connection))
        return;
    if (http2->preface_start != 0 &&
        is_over(now, http2->preface_start, http2->options->limits.head_timeout_ms))
        http2->is_dead = true;
    check_streams(http2, now);
    if (http2->stream_count == 0 &&
        is_over(now, http2->idle_start, http2->options->limits.idle_timeout_ms))
        (void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
    http2_wake(http2);
}

/* Streams that are open finish; later ones are refused, and the client asks elsewhere. */
static void drain(void *protocol)
{
    struct http2 *http2 = protocol;

    (void)nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(http2->session),
                                NGHTTP2_NO_ERROR, NULL, 0);
    http2_wake(http2);
}

static void closed(void *protocol)
{
    struct http2 *http2 = protocol;

    while (http2->streams != NULL)
        http2_stream_free(http2->streams);
    nghttp2_session_del(http2->session);
    free(http2);
}

static const struct connection_protocol protocol_operations = {
    receive, receive_eof, pump, pump, tick, drain, closed,
};

struct http2 *http2_new(struct connection *connection,
                        const struct connection_protocol **ret_operations)
{
    struct http2 *http2 = calloc(1, sizeof(*http2));

    if (http2 == NULL)
        return NULL;
    http2->connection = connection;
    http2->options = server_options(connection_server(connection));
    http2->idle_start = time_mono();
    http2_flood_init(&http2->flood, http2->idle_start);
    if (!http2_open_session(http2)) {
        free(http2);
        return NULL;
    }
    *ret_operations = &protocol_operations;
    http2_wake(http2); /* the settings */
    return http2;
}

/* Fields of the connection are none of the request (RFC 9113 §8.2.2). */
static bool is_of_connection(struct str name)
{
    static const struct str names[] = {
        {"connection", 10}, {"upgrade", 7}, {"http2-settings", 14}, {"keep-alive", 10}};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (str_equal(name, names[i]))
            return true;
    return false;
}

static bool open_first_stream(struct http2 *http2, const struct http1_head *head)
{
    struct http2_stream *stream = http2_stream_new(http2, 1);

    if (stream == NULL)
        return false;
    (void)nghttp2_session_set_stream_user_data(http2->session, 1, stream);
    if (!http2_stream_add_field(stream, STR(":method"), str_of(head->method)) ||
        !http2_stream_add_field(stream, STR(":path"), head->target))
        return false;
    for (size_t i = 0; i < head->field_count; i++)
        if (!is_of_connection(head->fields[i].name) &&
            !http2_stream_add_field(stream, head->fields[i].name, head->fields[i].value))
            return false;
    stream->is_input_ended = true;
    http2_stream_dispatch(stream);
    return true;
}

struct http2 *http2_upgrade(struct connection *connection, const struct http1_head *head,
                            struct str settings, const struct connection_protocol **ret_operations)
{
    struct http2 *http2 = http2_new(connection, ret_operations);

    if (http2 == NULL)
        return NULL;
    /* RFC 7540 §3.2: the client sends its preface once it has read the 101. Not before then it gets
     * its answer: curl 7.88 fails when more than 32 KiB come together with the 101. */
    http2->preface_start = time_mono();
    if (nghttp2_session_upgrade2(http2->session, (const uint8_t *)settings.p, settings.n,
                                 strcmp(head->method, "HEAD") == 0, NULL) != 0 ||
        !open_first_stream(http2, head)) {
        closed(http2);
        return NULL;
    }
    return http2;
}
