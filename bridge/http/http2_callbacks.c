#include "bridge/http/http2_stream.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/wire/http2_session.h"

static int begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *http2 = user_data;

    if (!http2_session_is_request(frame))
        return 0;
    struct http2_stream *stream = http2_stream_new(http2, frame->hd.stream_id);
    if (stream == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user_data)
{
    struct http2 *http2 = user_data;
    struct http2_stream *stream = http2_stream_find(http2, frame->hd.stream_id);

    if (stream == NULL || stream->arena == NULL)
        return 0; /* trailers are of no use to anybody here */
    if (!http2_stream_add_field(stream, (struct str){(const char *)name, name_length},
                                (struct str){(const char *)value, value_length}))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *http2 = user_data;
    struct http2_stream *stream;

    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    stream = http2_stream_find(http2, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        stream->is_input_ended = true;
    if (stream->arena != NULL)
        http2_stream_dispatch(stream);
    else
        http2_stream_deliver(stream);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t length, void *user_data)
{
    struct http2_stream *stream = http2_stream_find(user_data, id);

    if (stream == NULL) {
        (void)nghttp2_session_consume(session, id, length);
        return 0;
    }
    stream->last_input = time_mono();
    /* The window bounds what can come. */
    if (!buf_append(&stream->input, data, length))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    http2_stream_deliver(stream);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *user_data)
{
    struct http2_stream *stream = http2_stream_find(user_data, id);

    if (stream == NULL)
        return 0;
    (void)nghttp2_session_set_stream_user_data(session, id, NULL);
    /* What the route never read still counts against the connection's window. */
    if (stream->input.length > 0)
        (void)nghttp2_session_consume_connection(session, stream->input.length);
    http2_stream_free(stream);
    return 0;
}

static int on_sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct http2 *http2 = user_data;
    bool is_end = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                  (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    struct http2_stream *stream = is_end ? http2_stream_find(http2, frame->hd.stream_id) : NULL;

    if (frame->hd.type == NGHTTP2_RST_STREAM)
        http2_session_count_reset(session, &http2->flood, frame, time_mono());
    if (stream != NULL &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        stream->answered_time = time_mono();
    return 0;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *user_data)
{
    struct http2 *http2 = user_data;

    http2_session_count_frame(session, &http2->flood, header, time_mono());
    return 0;
}

static void set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent_frame);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
}

bool http2_open_session(struct http2 *http2)
{
    const struct server_limits *limits = &http2->options->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)limits->streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)limits->head_max_bytes},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };

    http2->session = http2_session_new(&(struct http2_session_options){
        .set_callbacks = set_callbacks,
        .settings = settings,
        .setting_count = ARRAY_LENGTH(settings),
        .window_bytes = HTTP2_CONNECTION_WINDOW,
        .owner = http2,
    });
    return http2->session != NULL;
}
