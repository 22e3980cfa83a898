#include "bridge/http/http2_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/error.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/http1_head.h"
#include "lib/base/clock.h"

enum {
    HEAD_ARENA_SLACK = 64 * 1024, /* beyond the fields' own bytes */
    DECIMAL_BASE = 10,
    CONTENT_LENGTH_DIGITS_MAX = 18,
};

/* --- streams --- */

struct http2_stream *http2_stream_new(struct http2 *http2, int32_t id)
{
    struct http2_stream *stream = calloc(1, sizeof(*stream));

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

void http2_stream_free(struct http2_stream *stream)
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

struct http2_stream *http2_stream_find(struct http2 *http2, int32_t id)
{
    return nghttp2_session_get_stream_user_data(http2->session, id);
}

/* --- what the exchange asks for --- */

static void send_continue(struct exchange *exchange, void *transport)
{
    struct http2_stream *stream = transport;
    nghttp2_nv status = {(uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE};

    (void)nghttp2_submit_headers(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id, NULL,
                                 &status, 1, NULL);
    http2_wake(stream->http2);
}

struct str http2_stream_output(const struct http2_stream *stream)
{
    struct str output = buf_str(&stream->output);

    return output.n == 0
               ? output
               : (struct str){output.p + stream->output_start, output.n - stream->output_start};
}

/* Moving the rest up for each frame would move long bodies many times over. */
static void consume_output(struct http2_stream *stream, size_t length)
{
    stream->output_start += length;
    if (stream->output_start == stream->output.length) {
        buf_clear(&stream->output);
        stream->output_start = 0;
    }
}

static bool append_output(struct http2_stream *stream, struct str bytes)
{
    if (stream->output_start > stream->output.length / 2) {
        buf_consume(&stream->output, stream->output_start);
        stream->output_start = 0;
    }
    return buf_append(&stream->output, bytes.p, bytes.n);
}

static ssize_t read_output(nghttp2_session *session, int32_t id, uint8_t *data, size_t room,
                           uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    struct http2_stream *stream = source->ptr;
    struct str output = http2_stream_output(stream);
    size_t length = output.n < room ? output.n : room;

    if (length == 0 && !stream->is_output_ended)
        return NGHTTP2_ERR_DEFERRED;
    if (length > 0) {
        memcpy(data, output.p, length);
        consume_output(stream, length);
        stream->last_output = time_mono();
        stream->wants_room = true;
    }
    if (length == output.n && stream->is_output_ended)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)length;
}

/* The response was handed over: the exchange's part is done, the stream lives on until its output
 * is out. */
static void release_exchange(struct http2_stream *stream)
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
    struct http2_stream *stream = transport;
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
    http2_wake(stream->http2);
}

static void send_body(struct exchange *exchange, void *transport, struct str bytes)
{
    struct http2_stream *stream = transport;

    if (stream->output.length == 0)
        stream->last_output = time_mono();
    if (!append_output(stream, bytes)) {
        connection_abort(stream->http2->connection);
        return;
    }
    (void)nghttp2_session_resume_data(stream->http2->session, stream->id);
    http2_wake(stream->http2);
}

static void send_lent(struct exchange *exchange, void *transport, struct lent lent)
{
    send_body(exchange, transport, lent.bytes);
    lent_return(&lent);
}

static void send_end(struct exchange *exchange, void *transport)
{
    struct http2_stream *stream = transport;

    stream->is_output_ended = true;
    (void)nghttp2_session_resume_data(stream->http2->session, stream->id);
    release_exchange(stream);
    http2_wake(stream->http2);
}

static void set_reading(struct exchange *exchange, void *transport, bool is_reading)
{
    struct http2_stream *stream = transport;

    stream->last_input = time_mono();
    if (is_reading)
        http2_wake(stream->http2);
}

static size_t queued_bytes(struct exchange *exchange, void *transport)
{
    struct http2_stream *stream = transport;

    return http2_stream_output(stream).n;
}

static void reset(struct exchange *exchange, void *transport)
{
    struct http2_stream *stream = transport;

    (void)nghttp2_submit_rst_stream(stream->http2->session, NGHTTP2_FLAG_NONE, stream->id,
                                    NGHTTP2_INTERNAL_ERROR);
    release_exchange(stream);
    http2_wake(stream->http2);
}

static const struct exchange_transport transport_operations = {
    send_continue, send_head, send_body, send_lent, send_end, set_reading, queued_bytes, reset,
};

/* --- requests --- */

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

static void keep_field(struct http2_stream *stream, struct str name, struct str value)
{
    stream->fields[stream->field_count++] = (struct header_field){name, value};
}

/* RFC 9113 §8.3.1: with :authority, which comes first, a Host says the same or the request is
 * malformed. */
static bool has_authority(struct http2_stream *stream, struct str host)
{
    for (size_t i = 0; i < stream->field_count; i++) {
        if (!str_equal(stream->fields[i].name, STR("host")))
            continue;
        if (!str_equal_nocase(stream->fields[i].value, host))
            stream->has_two_hosts = true;
        return true;
    }
    return false;
}

/* Cookies and other fields are kept in the order in which they came. */
static bool add_within_limits(struct http2_stream *stream, struct str name, struct str value)
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
        keep_field(stream, STR("host"), copy);
    } else if (str_equal(name, STR("host")) && has_authority(stream, str_trim(copy))) {
        return true;
    } else if (name.p[0] != ':') {
        char *kept_name = arena_strndup(arena, name.p, name.n);

        if (kept_name == NULL)
            return false;
        keep_field(stream, (struct str){kept_name, name.n}, str_trim(copy));
        if (str_equal(name, STR("content-length")))
            (void)read_length(copy, &stream->content_length);
        else if (str_equal(name, STR("expect")))
            stream->expects_continue = str_equal_nocase(copy, STR("100-continue"));
    }
    return true;
}

bool http2_stream_add_field(struct http2_stream *stream, struct str name, struct str value)
{
    const size_t head_max = (size_t)stream->http2->options->limits.head_max_bytes;

    stream->head_bytes += name.n + value.n;
    if (stream->head_bytes > head_max || stream->field_count == HTTP1_FIELDS_MAX)
        stream->is_head_too_large = true;
    return stream->is_head_too_large || add_within_limits(stream, name, value);
}

static status_code check_head(const struct http2_stream *stream, struct status *st)
{
    if (stream->is_head_too_large)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "HEADERS_TOO_LARGE",
                    "the request's headers are more than %lld bytes or %d fields",
                    (long long)stream->http2->options->limits.head_max_bytes, HTTP1_FIELDS_MAX);
    if (stream->has_two_hosts)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "BAD_REQUEST",
                    "the request's :authority and Host differ");
    return STATUS_OK;
}

void http2_stream_dispatch(struct http2_stream *stream)
{
    struct http2 *http2 = stream->http2;
    bool has_body = !stream->is_input_ended;
    struct status st = {0};
    struct exchange_request request = {
        .method = stream->method != NULL ? stream->method : "GET",
        .target = stream->target.p != NULL ? stream->target : STR("/"),
        .fields = stream->fields,
        .field_count = stream->is_head_too_large ? 0 : stream->field_count,
        .content_length = stream->content_length,
        .has_body = has_body,
        .expects_continue = stream->expects_continue,
        .is_secure = connection_is_secure(http2->connection),
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
    if (check_head(stream, &st) != STATUS_OK)
        error_respond(exchange, &st);
    else
        http2->options->dispatch(exchange, http2->options->dispatch_data);
    exchange_unref(exchange);
}

void http2_stream_deliver(struct http2_stream *stream)
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
