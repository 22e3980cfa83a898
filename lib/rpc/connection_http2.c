#include "lib/rpc/connection_internal.h"

#include "lib/base/clock.h"
#include "lib/rpc/call_head.h"
#include "lib/rpc/call_input.h"
#include "lib/rpc/server_internal.h"
#include "lib/wire/http2_session.h"

enum {
    STREAMS_MAX = 1024, /* calls at once on one connection */
    /* What is on its way to all streams together. Their own windows bound what waits; this one is
     * given back at once, so that a stream nobody reads does not hold up the others. */
    CONNECTION_WINDOW_BYTES = 4 << 20,
    WINDOW_SLACK_BYTES = 1 << 16, /* beyond a message of the largest size, its prefix most of all */
    CLIENT_PING_MIN_MS = 10000,   /* clients may ask as often as this */
    CLIENT_PING_STRIKES_MAX = 2,  /* core's */
};

static struct rpc_call *find_call(nghttp2_session *session, int32_t stream)
{
    return nghttp2_session_get_stream_user_data(session, stream);
}

/* --- floods --- */

/* Pings have a rule of their own. */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *user_data)
{
    struct rpc_connection *connection = user_data;

    if (header->type != NGHTTP2_PING)
        http2_session_count_frame(session, &connection->flood, header, connection->last_read);
    return 0;
}

/* What the client learns of us resets its count of pings, as in core: it may ask after each answer.
 */
static void count_client_ping(struct rpc_connection *connection)
{
    static const uint8_t reason[] = "too_many_pings";
    const int64_t now = connection->last_read;
    const bool is_early =
        connection->client_ping_time != 0 &&
        now - connection->client_ping_time < CLIENT_PING_MIN_MS * NANOSECONDS_PER_MS;

    connection->client_ping_time = now;
    if (!is_early || ++connection->client_ping_strikes <= CLIENT_PING_STRIKES_MAX)
        return;
    (void)nghttp2_submit_goaway(connection->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(connection->session),
                                NGHTTP2_ENHANCE_YOUR_CALM, reason, sizeof(reason) - 1);
    (void)nghttp2_session_terminate_session(connection->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void on_ping(struct rpc_connection *connection, bool is_answer)
{
    if (!is_answer) {
        count_client_ping(connection);
        return;
    }
    connection->ping_time = 0;
    if (connection->stage == CONNECTION_WARNED)
        rpc_connection_leave(connection);
}

/* --- what arrives --- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct rpc_connection *connection = user_data;

    if (!http2_session_is_request(frame))
        return 0;
    struct rpc_call *call = rpc_call_new(connection, frame->hd.stream_id);
    if (call == NULL)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    call->previous = NULL;
    call->next = connection->calls;
    if (call->next != NULL)
        call->next->previous = call;
    connection->calls = call;
    (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user_data)
{
    struct rpc_call *call = find_call(session, frame->hd.stream_id);

    if (call == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0; /* clients' trailers say nothing in gRPC */
    if (!rpc_call_head_add(call, (struct str){(const char *)name, name_length},
                           (struct str){(const char *)value, value_length}))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *user_data)
{
    struct rpc_call *call = find_call(session, stream);

    (void)nghttp2_session_consume_connection(session, length);
    if (call != NULL)
        rpc_call_input(call, (struct str){(const char *)data, length});
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct rpc_connection *connection = user_data;
    struct rpc_call *call;

    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
        connection->is_greeted = true;
        return 0;
    case NGHTTP2_PING:
        on_ping(connection, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
        return 0;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        break;
    default:
        return 0;
    }
    call = find_call(session, frame->hd.stream_id);
    if (call == NULL)
        return 0;
    if (http2_session_is_request(frame))
        rpc_call_head_end(call);
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        rpc_call_input_end(call);
    return 0;
}

/* --- what is sent --- */

static int on_sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
    struct rpc_connection *connection = user_data;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        connection->client_ping_time = connection->client_ping_strikes = 0;
        /* An answer that ends before its request has the client stop sending (RFC 9113 §8.1). */
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
            nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
            rpc_connection_reset(connection, frame->hd.stream_id, NGHTTP2_NO_ERROR);
        break;
    case NGHTTP2_DATA:
        connection->client_ping_time = connection->client_ping_strikes = 0;
        break;
    case NGHTTP2_RST_STREAM:
        http2_session_count_reset(session, &connection->flood, frame, connection->last_read);
        break;
    default:
        break;
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error,
                           void *user_data)
{
    struct rpc_connection *connection = user_data;
    struct rpc_call *call = find_call(session, stream);

    if (call == NULL)
        return 0;
    (void)nghttp2_session_set_stream_user_data(session, stream, NULL);
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        connection->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    rpc_call_stream_gone(call);
    return 0;
}

/* --- the session --- */

static void set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
}

static void set_options(nghttp2_option *option)
{
    nghttp2_option_set_no_closed_streams(option, 1);
    /* gRPC lets metadata begin and end with spaces. */
    nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
}

bool rpc_connection_open_session(struct rpc_connection *connection)
{
    const size_t message_max =
        rpc_server_options(rpc_server_loop_server(connection->loop))->message_max_bytes;
    const size_t window = (message_max > RPC_LOOKAHEAD_BYTES ? message_max : RPC_LOOKAHEAD_BYTES) +
                          WINDOW_SLACK_BYTES;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RPC_METADATA_MAX_BYTES},
        /* Nobody prioritises calls, and the tree of RFC 7540 is work for each frame. */
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };

    connection->session = http2_session_new(&(struct http2_session_options){
        .set_callbacks = set_callbacks,
        .set_options = set_options,
        .settings = settings,
        .setting_count = ARRAY_LENGTH(settings),
        .window_bytes = CONNECTION_WINDOW_BYTES,
        .owner = connection,
    });
    return connection->session != NULL;
}
