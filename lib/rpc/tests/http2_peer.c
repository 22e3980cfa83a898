#include "lib/rpc/tests/http2_peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"

enum {
    PATIENCE_MS = 60000,
    FIELDS_MAX = 64,
    PAIR = 2,
    TEXT_MAX_BYTES = 1 << 20,
};

static struct http2_answer *answer_of(struct http2_peer *peer, int32_t stream)
{
    const size_t index = (size_t)(stream - 1) / 2;

    assert_true(stream > 0 && index < HTTP2_PEER_STREAMS_MAX);
    return &peer->answers[index];
}

/* --- what comes --- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *data)
{
    struct http2_answer *answer = answer_of(data, frame->hd.stream_id);

    answer->has_headers = true;
    assert_true(buf_printf(&answer->fields, "%.*s: %.*s\n", (int)name_length, (const char *)name,
                           (int)value_length, (const char *)value));
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
                   size_t length, void *data)
{
    struct http2_peer *peer = data;

    if (!peer->holds_window)
        (void)nghttp2_session_consume(session, stream, length);
    assert_true(buf_append(&answer_of(peer, stream)->body, bytes, length));
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
    struct http2_peer *peer = data;

    switch (frame->hd.type) {
    case NGHTTP2_GOAWAY:
        peer->is_refused = true;
        peer->goaway_count++;
        peer->goaway_error = frame->goaway.error_code;
        peer->goaway_stream = frame->goaway.last_stream_id;
        assert_true(buf_append(&peer->goaway_reason, frame->goaway.opaque_data,
                               frame->goaway.opaque_data_len));
        break;
    case NGHTTP2_PING:
        peer->pings++;
        break;
    case NGHTTP2_RST_STREAM:
        answer_of(peer, frame->hd.stream_id)->is_reset = true;
        answer_of(peer, frame->hd.stream_id)->reset_error = frame->rst_stream.error_code;
        break;
    default:
        break;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *data)
{
    answer_of(data, stream)->is_closed = true;
    return 0;
}

/* --- requests --- */

struct body {
    struct str bytes;
    bool is_last;
};

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *data)
{
    struct http2_peer *peer = data;
    struct body *body = source->ptr;
    const size_t count = body->bytes.n < room ? body->bytes.n : room;

    memcpy(to, body->bytes.p, count);
    body->bytes.p += count;
    body->bytes.n -= count;
    peer->data_bytes_max += count;
    if (body->bytes.n == 0 && body->is_last)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    else if (count == 0)
        return NGHTTP2_ERR_DEFERRED;
    return (ssize_t)count;
}

static const char *value_of(const char *const *more, const char *name)
{
    for (; more != NULL && more[0] != NULL; more += PAIR)
        if (strcmp(more[0], name) == 0)
            return more[1];
    return NULL;
}

static size_t put(nghttp2_nv *fields, size_t count, const char *name, const char *value)
{
    assert_true(count < FIELDS_MAX);
    fields[count] = (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value),
                                 NGHTTP2_NV_FLAG_NONE};
    return count + 1;
}

int32_t http2_peer_request(struct http2_peer *peer, const char *method, const char *const *more,
                           struct str body, bool is_last)
{
    static struct body bodies[HTTP2_PEER_STREAMS_MAX];
    char path[256];
    const char *const usual[] = {
        ":method", "POST",         ":scheme",          "http", ":path",   path, ":authority",
        "test",    "content-type", "application/grpc", "te",   "trailers"};
    const size_t usual_count = ARRAY_LENGTH(usual) / PAIR;
    nghttp2_nv fields[FIELDS_MAX];
    size_t count = 0;

    (void)snprintf(path, sizeof(path), "/ocrmesh.test.v1.EchoService/%s", method);
    for (size_t i = 0; i < usual_count; i++) {
        const char *other = value_of(more, usual[PAIR * i]);

        if (other == NULL || other[0] != '\0')
            count =
                put(fields, count, usual[PAIR * i], other != NULL ? other : usual[PAIR * i + 1]);
    }
    for (; more != NULL && more[0] != NULL; more += PAIR) {
        bool is_usual = false;

        for (size_t i = 0; i < usual_count; i++)
            is_usual = is_usual || strcmp(usual[PAIR * i], more[0]) == 0;
        if (!is_usual)
            count = put(fields, count, more[0], more[1]);
    }
    const int32_t next = (int32_t)nghttp2_session_get_next_stream_id(peer->session);
    struct body *slot = &bodies[(next - 1) / 2 % HTTP2_PEER_STREAMS_MAX];
    const nghttp2_data_provider provider = {.source.ptr = slot, .read_callback = give_body};
    *slot = (struct body){body, is_last};
    const int32_t stream =
        nghttp2_submit_request(peer->session, NULL, fields, count, &provider, NULL);
    assert_int_equal(stream, next);
    http2_peer_send(peer);
    return stream;
}

void http2_peer_send(struct http2_peer *peer)
{
    const uint8_t *bytes;
    ssize_t length;

    while ((length = nghttp2_session_mem_send(peer->session, &bytes)) > 0)
        for (ssize_t sent = 0; sent < length;) {
            const ssize_t count =
                send(peer->fd, bytes + sent, (size_t)(length - sent), MSG_NOSIGNAL);

            if (count < 0)
                return; /* the server has closed; what it said before is read */
            sent += count;
        }
    assert_int_equal(length, 0);
}

/* False at the end of the connection. */
static bool receive_some(struct http2_peer *peer)
{
    struct pollfd poll_fd = {.fd = peer->fd, .events = POLLIN};
    static uint8_t bytes[65536];

    http2_peer_send(peer);
    assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
    const ssize_t count = recv(peer->fd, bytes, sizeof(bytes), 0);
    if (count <= 0)
        return false;
    assert_int_equal(nghttp2_session_mem_recv(peer->session, bytes, (size_t)count), count);
    http2_peer_send(peer);
    return true;
}

static bool holds_frame(const uint8_t *bytes, size_t length, int type)
{
    enum { HEADER_BYTES = 9, TYPE_AT = 3 };

    for (size_t at = 0; at + HEADER_BYTES <= length;) {
        if (bytes[at + TYPE_AT] == type)
            return true;
        at += HEADER_BYTES + ((size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2]);
    }
    return false;
}

void http2_peer_await_bytes(struct http2_peer *peer, int type)
{
    static uint8_t bytes[65536];
    ssize_t count;

    do {
        struct pollfd poll_fd = {.fd = peer->fd, .events = POLLIN};

        assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
        count = recv(peer->fd, bytes, sizeof(bytes), MSG_PEEK);
        assert_true(count > 0);
    } while (!holds_frame(bytes, (size_t)count, type));
}

void http2_peer_wait(struct http2_peer *peer, const bool *flag)
{
    while (!*flag)
        assert_true(receive_some(peer));
}

const struct http2_answer *http2_peer_finish(struct http2_peer *peer, int32_t stream)
{
    const struct http2_answer *answer = answer_of(peer, stream);

    http2_peer_wait(peer, &answer->is_closed);
    return answer;
}

void http2_peer_wait_end(struct http2_peer *peer)
{
    while (receive_some(peer))
        continue;
}

void http2_peer_catch_up(struct http2_peer *peer)
{
    const int before = peer->pings;

    assert_int_equal(nghttp2_submit_ping(peer->session, NGHTTP2_FLAG_NONE, NULL), 0);
    while (peer->pings == before)
        assert_true(receive_some(peer));
}

/* --- life --- */

static nghttp2_session *session_new(struct http2_peer *peer)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_session *session;

    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    assert_int_equal(nghttp2_session_client_new2(&session, callbacks, peer, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    return session;
}

struct http2_peer *http2_peer_new_on(int fd, bool holds_window)
{
    struct http2_peer *peer = calloc(1, sizeof(*peer));

    assert_non_null(peer);
    peer->fd = fd;
    peer->holds_window = holds_window;
    peer->session = session_new(peer);
    buf_init(&peer->goaway_reason, TEXT_MAX_BYTES);
    for (size_t i = 0; i < HTTP2_PEER_STREAMS_MAX; i++) {
        buf_init(&peer->answers[i].fields, TEXT_MAX_BYTES);
        buf_init(&peer->answers[i].body, 64 << 20);
    }
    http2_peer_send(peer);
    return peer;
}

struct http2_peer *http2_peer_new(int port, bool holds_window)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return http2_peer_new_on(fd, holds_window);
}

void http2_peer_free(struct http2_peer *peer)
{
    nghttp2_session_del(peer->session);
    (void)close(peer->fd);
    buf_deinit(&peer->goaway_reason);
    for (size_t i = 0; i < HTTP2_PEER_STREAMS_MAX; i++) {
        buf_deinit(&peer->answers[i].fields);
        buf_deinit(&peer->answers[i].body);
    }
    free(peer);
}

const char *http2_answer_field(const struct http2_answer *answer, const char *name)
{
    static char value[4096];
    struct str rest = buf_str(&answer->fields), line;
    char start[64];

    const int length = snprintf(start, sizeof(start), "%s: ", name);
    while (rest.p != NULL && str_next_token(&rest, '\n', &line))
        if (str_starts_with(line, (struct str){start, (size_t)length})) {
            (void)snprintf(value, sizeof(value), "%.*s", (int)(line.n - (size_t)length),
                           line.p + length);
            return value;
        }
    return "";
}

void http2_frame_message(struct buf *out, int flag, struct str bytes)
{
    const uint32_t length = htonl((uint32_t)bytes.n);

    assert_true(buf_append_char(out, (char)flag) && buf_append(out, &length, sizeof(length)) &&
                buf_append(out, bytes.p, bytes.n));
}
