#include "bridge/http/http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "bridge/http/connection.h"
#include "bridge/http/error.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/http1_head.h"
#include "bridge/http/server.h"
#include "lib/base/clock.h"

enum {
    HEAD_ARENA_SLACK = 64 * 1024,          /* beyond the fields' own bytes */
    SESSION_QUEUE_HIGH_BYTES = 256 * 1024, /* in the socket's queue: no frames are made */
    DECIMAL_BASE = 10,
    CONTENT_LENGTH_DIGITS_MAX = 18,
    EARLY_ANSWER_READING_MS = 200, /* from an answer ahead of its request to the reset */
};

struct stream {
    struct http2 *http2;
    int32_t id;
    struct stream *previous, *next;

    /* The head as it arrives. */
    struct arena *arena; /* NULL once the request was dispatched */
    const char *method;
    struct str target;
    struct header_field *fields;
    size_t field_count;
    int64_t content_length; /* -1: not given */
    size_t head_bytes;
    bool is_head_too_large;
    bool expects_continue;

    struct exchange *exchange; /* NULL before dispatch, and once the response was handed over */
    struct buf input;          /* body that came before the route read it; at most the window */
    bool is_input_ended;
    bool is_body_end_delivered;
    int64_t last_input; /* or when the route last asked */

    struct buf output;
    int64_t last_output; /* when some of it was last taken, or came into an empty queue */
    bool is_output_ended;
    int64_t answered_time; /* when the answer ended ahead of the request; 0: it did not */
    bool wants_room;
};

struct http2 {
    struct connection *connection;
    const struct server_options *options;
    nghttp2_session *session;
    struct stream *streams;
    int stream_count;
    int64_t idle_start;
    int64_t head_start; /* of a head that is arriving; 0: none */
    int reset_count;
    int64_t resets_start;
    bool is_dead;
};

/* There is something to send, or to hand to a route: pump() follows before the loop sleeps. It is
 * never called from here, for a route's call must not lead to a callback of that route. */
static void wake(struct http2 *http2)
{
    connection_wake(http2->connection);
}

/* --- streams --- */

static struct stream *stream_new(struct http2 *http2, int32_t id)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return NULL;
    stream->arena = arena_new((size_t)http2->options->limits.head_max_bytes + HEAD_ARENA_SLACK);
    stream->fields = stream->arena != NULL
                         ? ARENA_NEW_ARRAY(stream->arena, struct header_field, HTTP1_FIELDS_MAX)
                         : NULL;
    if (stream->fields == NULL) {
        arena_free(stream->arena);
        free(stream);
        return NULL;
    }
    stream->http2 = http2;
    stream->id = id;
    stream->content_length = -1;
    stream->last_input = time_mono();
    buf_init(&stream->input, HTTP2_STREAM_WINDOW);
    buf_init(&stream->output, SIZE_MAX >> 1); /* bounded by routes, which wait for room */
    stream->next = http2->streams;
    if (stream->next != NULL)
        stream->next->previous = stream;
    http2->streams = stream;
    http2->stream_count++;
    return stream;
}

static void stream_free(struct stream *stream)
{
    struct http2 *http2 = stream->http2;
    struct exchange *exchange = TAKE(stream->exchange);

    if (exchange != NULL)
        exchange_close(exchange);
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        http2->streams = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    http2->stream_count--;
    http2->idle_start = time_mono();
    arena_free(stream->arena);
    buf_deinit(&stream->input);
    buf_deinit(&stream->output);
    free(stream);
}

static struct stream *find_stream(struct http2 *http2, int32_t id)
{
    return nghttp2_session_get_stream_user_data(http2->session, id);
}

/* --- what the exchange asks for --- */

static void send_continue(struct exchange *exchange, void *transport)
{
    struct stream *stream = transport;
    nghttp2_nv status = {(uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE};

    (void)nghttp2_submit_headers(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id, NULL,
                                 &status, 1, NULL);
    wake(stream->http2);
}

static ssize_t read_output(nghttp2_session *session, int32_t id, uint8_t *data, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct stream *stream = source->ptr;
    size_t length = stream->output.length < room ? stream->output.length : room;

    if (length == 0 && !stream->is_output_ended)
        return NGHTTP2_ERR_DEFERRED;
    if (length > 0) {
        memcpy(data, stream->output.data, length);
        buf_consume(&stream->output, length);
        stream->last_output = time_mono();
        stream->wants_room = true;
    }
    if (stream->output.length == 0 && stream->is_output_ended)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

/* The response was handed over: the exchange's part is done, the stream lives on until its output
 * is out. */
static void release_exchange(struct stream *stream)
{
    struct exchange *exchange = TAKE(stream->exchange);

    exchange_close(exchange);
}

static nghttp2_nv header_of(const char *name, size_t name_length, const char *value,
                            size_t value_length)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, name_length, value_length,
                        NGHTTP2_NV_FLAG_NONE};
}

static void send_head(struct exchange *exchange, void *transport, int64_t content_length,
                      bool is_last)
{
    struct stream *stream = transport;
    size_t count, used = 0;
    const struct header_field *fields = exchange_response_fields(exchange, &count);
    nghttp2_nv headers[EXCHANGE_HEADERS_MAX + 2];
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_output};
    char status[8], length[24];
    int status_length = snprintf(status, sizeof(status), "%d", (int)exchange_status(exchange));

    headers[used++] = header_of(":status", 7, status, (size_t)status_length);
    for (size_t i = 0; i < count; i++)
        headers[used++] =
            header_of(fields[i].name.p, fields[i].name.n, fields[i].value.p, fields[i].value.n);
    if (content_length >= 0) {
        int digits = snprintf(length, sizeof(length), "%lld", (long long)content_length);

        headers[used++] = header_of("content-length", 14, length, (size_t)digits);
    }
    stream->is_output_ended = is_last;
    if (nghttp2_submit_response(stream->http2->session, stream->id, headers, used,
                                is_last ? NULL : &provider) != 0)
        connection_abort(stream->http2->connection);
    if (is_last)
        release_exchange(stream);
    wake(stream->http2);
}

static void send_body(struct exchange *exchange, void *transport, struct str bytes)
{
    struct stream *stream = transport;

    if (stream->output.length == 0)
        stream->last_output = time_mono();
    if (!buf_append(&stream->output, bytes.p, bytes.n)) {
        connection_abort(stream->http2->connection);
        return;
    }
    (void)nghttp2_session_resume_data(stream->http2->session, stream->id);
    wake(stream->http2);
}

static void send_end(struct exchange *exchange, void *transport)
{
    struct stream *stream = transport;

    stream->is_output_ended = true;
    (void)nghttp2_session_resume_data(stream->http2->session, stream->id);
    release_exchange(stream);
    wake(stream->http2);
}

static void set_reading(struct exchange *exchange, void *transport, bool is_reading)
{
    struct stream *stream = transport;

    stream->last_input = time_mono();
    if (is_reading)
        wake(stream->http2);
}

static size_t queued_bytes(struct exchange *exchange, void *transport)
{
    struct stream *stream = transport;

    return stream->output.length;
}

static void reset(struct exchange *exchange, void *transport)
{
    struct stream *stream = transport;

    (void)nghttp2_submit_rst_stream(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                    NGHTTP2_INTERNAL_ERROR);
    release_exchange(stream);
    wake(stream->http2);
}

static const struct exchange_transport transport_operations = {
    send_continue, send_head, send_body, send_end, set_reading, queued_bytes, reset,
};

/* --- requests --- */

static void answer_head_too_large(struct stream *stream)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "HEADERS_TOO_LARGE",
               "the request's headers are more than %lld bytes or %d fields",
               (long long)stream->http2->options->limits.head_max_bytes, HTTP1_FIELDS_MAX);
    error_respond(stream->exchange, &st);
}

/* The head is complete. */
static void dispatch(struct stream *stream)
{
    struct http2 *http2 = stream->http2;
    bool has_body = !stream->is_input_ended;
    struct exchange_request request = {
        .method = stream->method != NULL ? stream->method : "GET",
        .target = stream->target.p != NULL ? stream->target : STR("/"),
        .fields = stream->fields,
        .field_count = stream->is_head_too_large ? 0 : stream->field_count,
        .content_length = stream->content_length,
        .has_body = has_body,
        .expects_continue = stream->expects_continue,
        .client_address = connection_address(http2->connection),
    };

    stream->last_input = time_mono();
    stream->exchange = exchange_new(http2->options->bridge, http2->options->loop, &request,
                                    &transport_operations, stream);
    arena_free(TAKE(stream->arena));
    if (stream->exchange == NULL) {
        (void)nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                        NGHTTP2_REFUSED_STREAM);
        return;
    }
    struct exchange *exchange = exchange_ref(stream->exchange);
    if (stream->is_head_too_large)
        answer_head_too_large(stream);
    else
        http2->options->dispatch(exchange, http2->options->dispatch_data);
    exchange_unref(exchange);
}

/* Hands over what has arrived, as far as the route reads. */
static void deliver(struct stream *stream)
{
    struct exchange *exchange = stream->exchange;
    size_t length = stream->input.length;

    if (exchange == NULL) {
        /* Nobody is interested any more: the window goes back. */
        (void)nghttp2_session_consume(stream->http2->session, stream->id, length);
        buf_deinit(&stream->input);
        buf_init(&stream->input, HTTP2_STREAM_WINDOW);
        return;
    }
    if (!exchange_is_reading(exchange) || stream->is_body_end_delivered)
        return;
    exchange_ref(exchange);
    if (length > 0) {
        struct buf piece = stream->input;

        buf_init(&stream->input, HTTP2_STREAM_WINDOW);
        (void)nghttp2_session_consume(stream->http2->session, stream->id, length);
        exchange_deliver_body(exchange, buf_str(&piece));
        buf_deinit(&piece);
    }
    if (stream->is_input_ended && stream->exchange != NULL && stream->input.length == 0) {
        stream->is_body_end_delivered = true;
        exchange_deliver_body_end(exchange);
    }
    exchange_unref(exchange);
}

/* --- nghttp2's callbacks --- */

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *http2 = user_data;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct stream *stream = stream_new(http2, frame->hd.stream_id);
    if (stream == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    return 0;
}

static bool read_length(struct str text, int64_t *ret_length)
{
    int64_t length = 0;

    if (text.n == 0 || text.n > CONTENT_LENGTH_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        length = length * DECIMAL_BASE + (text.p[i] - '0');
    }
    *ret_length = length;
    return true;
}

/* nghttp2 has checked names, values and pseudo fields already. Cookies and other fields are kept in
 * the order in which they came. */
static bool add_field(struct stream *stream, struct str name, struct str value)
{
    struct arena *arena = stream->arena;
    char *kept = arena_strndup(arena, value.p, value.n);

    if (kept == NULL)
        return false;
    struct str copy = {kept, value.n};
    if (str_equal(name, STR(":method"))) {
        stream->method = kept;
    } else if (str_equal(name, STR(":path"))) {
        stream->target = copy;
    } else if (str_equal(name, STR(":authority"))) {
        stream->fields[stream->field_count++] = (struct header_field){STR("host"), copy};
    } else if (name.p[0] != ':') {
        char *kept_name = arena_strndup(arena, name.p, name.n);

        if (kept_name == NULL)
            return false;
        stream->fields[stream->field_count++] =
            (struct header_field){{kept_name, name.n}, str_trim(copy)};
        if (str_equal(name, STR("content-length")))
            (void)read_length(copy, &stream->content_length);
        else if (str_equal(name, STR("expect")))
            stream->expects_continue = str_equal_nocase(copy, STR("100-continue"));
    }
    return true;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user_data)
{
    struct http2 *http2 = user_data;
    struct stream *stream = find_stream(http2, frame->hd.stream_id);

    if (stream == NULL || stream->arena == NULL)
        return 0; /* trailers are of no use to anybody here */
    stream->head_bytes += name_length + value_length;
    if (stream->head_bytes > (size_t)http2->options->limits.head_max_bytes ||
        stream->field_count == HTTP1_FIELDS_MAX)
        stream->is_head_too_large = true;
    if (stream->is_head_too_large)
        return 0;
    if (!add_field(stream, (struct str){(const char *)name, name_length},
                   (struct str){(const char *)value, value_length}))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *http2 = user_data;
    struct stream *stream;

    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    stream = find_stream(http2, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        stream->is_input_ended = true;
    if (stream->arena != NULL)
        dispatch(stream);
    else
        deliver(stream);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t length, void *user_data)
{
    struct stream *stream = find_stream(user_data, id);

    if (stream == NULL) {
        (void)nghttp2_session_consume(session, id, length);
        return 0;
    }
    stream->last_input = time_mono();
    /* The window bounds what can come. */
    if (!buf_append(&stream->input, data, length))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    deliver(stream);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *user_data)
{
    struct stream *stream = find_stream(user_data, id);

    if (stream == NULL)
        return 0;
    (void)nghttp2_session_set_stream_user_data(session, id, NULL);
    /* What the route never read still counts against the connection's window. */
    if (stream->input.length > 0)
        (void)nghttp2_session_consume_connection(session, stream->input.length);
    stream_free(stream);
    return 0;
}

static int on_sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    bool is_end = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                  (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    struct stream *stream = is_end ? find_stream(user_data, frame->hd.stream_id) : NULL;

    if (stream != NULL &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        stream->answered_time = time_mono();
    return 0;
}

/* Opening streams only to reset them costs the client nothing and us a lot (CVE-2023-44487). */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *user_data)
{
    struct http2 *http2 = user_data;
    int64_t now = time_mono();

    if (header->type != NGHTTP2_RST_STREAM)
        return 0;
    if (now - http2->resets_start > HTTP2_RESETS_SECONDS * NANOSECONDS_PER_SECOND) {
        http2->resets_start = now;
        http2->reset_count = 0;
    }
    if (++http2->reset_count > HTTP2_RESETS_MAX)
        (void)nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    return 0;
}

/* --- the session --- */

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
    for (struct stream *stream = http2->streams; stream != NULL; stream = stream->next) {
        if (stream->exchange != NULL && (stream->input.length > 0 || stream->is_input_ended))
            deliver(stream);
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
    if (!http2->is_dead)
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

    if (nghttp2_session_mem_recv(http2->session, (const uint8_t *)bytes.p, bytes.n) < 0)
        http2->is_dead = true;
    wake(http2);
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

    for (struct stream *stream = http2->streams; stream != NULL; stream = stream->next) {
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
        if (stream->output.length > 0 &&
            is_over(now, stream->last_output, limits->write_timeout_ms))
            (void)nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                            NGHTTP2_CANCEL);
        if (stream->exchange == NULL)
            continue;
        if (stream->is_input_ended || !exchange_is_reading(stream->exchange) ||
            !is_over(now, stream->last_input, limits->body_timeout_ms))
            continue;
        (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                   "the request's body stopped arriving");
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
    check_streams(http2, now);
    if (http2->stream_count == 0 &&
        is_over(now, http2->idle_start, http2->options->limits.idle_timeout_ms))
        (void)nghttp2_session_terminate_session(http2->session, NGHTTP2_NO_ERROR);
    wake(http2);
}

/* Streams that are open finish; later ones are refused, and the client asks elsewhere. */
static void drain(void *protocol)
{
    struct http2 *http2 = protocol;

    (void)nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(http2->session),
                                NGHTTP2_NO_ERROR, NULL, 0);
    wake(http2);
}

static void closed(void *protocol)
{
    struct http2 *http2 = protocol;

    while (http2->streams != NULL)
        stream_free(http2->streams);
    nghttp2_session_del(http2->session);
    free(http2);
}

static const struct connection_protocol protocol_operations = {
    receive, receive_eof, pump, pump, tick, drain, closed,
};

static bool set_up_session(struct http2 *http2)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    const struct server_limits *limits = &http2->options->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)limits->streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)limits->head_max_bytes},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };

    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return false;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent_frame);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_option_set_no_auto_window_update(option, 1);
    bool is_made = nghttp2_session_server_new2(&http2->session, callbacks, http2, option) == 0 &&
                   nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
                                           ARRAY_LENGTH(settings)) == 0 &&
                   nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0,
                                                         HTTP2_CONNECTION_WINDOW) == 0;
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return is_made;
}

struct http2 *http2_new(struct connection *connection,
                        const struct connection_protocol **ret_operations)
{
    struct http2 *http2 = calloc(1, sizeof(*http2));

    if (http2 == NULL)
        return NULL;
    http2->connection = connection;
    http2->options = server_options(connection_server(connection));
    http2->idle_start = http2->resets_start = time_mono();
    if (!set_up_session(http2)) {
        nghttp2_session_del(http2->session);
        free(http2);
        return NULL;
    }
    *ret_operations = &protocol_operations;
    wake(http2); /* the settings */
    return http2;
}
