#include "bridge/tests/http2_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "bridge/tests/http_client.h"

enum { HEADER_BYTES = 9, LITERAL_LENGTH_MAX = 127 };

int http2_frames_connect(int port)
{
    int fd = http_client_connect(port);

    http_client_send_text(fd, NGHTTP2_CLIENT_MAGIC);
    http2_frames_send(fd, NGHTTP2_SETTINGS, 0, 0, STR(""));
    return fd;
}

void http2_frames_send(int fd, int type, int flags, int32_t stream, struct str payload)
{
    const unsigned char header[HEADER_BYTES] = {
        (unsigned char)(payload.n >> 16),
        (unsigned char)(payload.n >> 8),
        (unsigned char)payload.n,
        (unsigned char)type,
        (unsigned char)flags,
        (unsigned char)((uint32_t)stream >> 24),
        (unsigned char)((uint32_t)stream >> 16),
        (unsigned char)((uint32_t)stream >> 8),
        (unsigned char)stream,
    };

    http_client_send(fd, header, sizeof(header));
    http_client_send(fd, payload.p, payload.n);
}

static bool read_exactly(int fd, unsigned char *bytes, size_t length)
{
    while (length > 0) {
        assert_false(http_client_is_silent(fd, HTTP_CLIENT_TIMEOUT_MS));
        ssize_t count = recv(fd, bytes, length, 0);
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

bool http2_frames_read(int fd, struct http2_frame *ret_frame)
{
    unsigned char header[HEADER_BYTES];

    if (!read_exactly(fd, header, sizeof(header)))
        return false;
    ret_frame->length = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
    ret_frame->type = header[3];
    ret_frame->flags = header[4];
    ret_frame->stream = (int32_t)((header[5] & 0x7Fu) << 24 | (uint32_t)header[6] << 16 |
                                  header[7] << 8 | header[8]);
    assert_true(ret_frame->length <= HTTP2_FRAME_MAX_BYTES);
    return read_exactly(fd, ret_frame->payload, ret_frame->length);
}

/* RFC 7541 §5.2, without Huffman; the length in 7 bits, or with more behind them (§5.1). */
static void add_string(struct buf *block, struct str text)
{
    size_t rest = text.n;

    if (rest < LITERAL_LENGTH_MAX) {
        assert_true(buf_append_char(block, (char)rest));
    } else {
        assert_true(buf_append_char(block, LITERAL_LENGTH_MAX));
        for (rest -= LITERAL_LENGTH_MAX; rest >= 128; rest /= 128)
            assert_true(buf_append_char(block, (char)(rest % 128 + 128)));
        assert_true(buf_append_char(block, (char)rest));
    }
    assert_true(buf_append(block, text.p, text.n));
}

void http2_frames_add_field(struct buf *block, struct str name, struct str value)
{
    assert_true(buf_append_char(block, 0)); /* §6.2.2 */
    add_string(block, name);
    add_string(block, value);
}

int http2_frames_status(const struct http2_frame *frame)
{
    nghttp2_hd_inflater *inflater;
    nghttp2_nv field;
    int flags = 0, status = 0;

    assert_int_equal(nghttp2_hd_inflate_new(&inflater), 0);
    ssize_t used =
        nghttp2_hd_inflate_hd2(inflater, &field, &flags, frame->payload, frame->length, 1);
    assert_true(used > 0);
    if (field.namelen == 7 && memcmp(field.name, ":status", 7) == 0)
        status = atoi((const char *)field.value);
    nghttp2_hd_inflate_del(inflater);
    return status;
}

uint32_t http2_frames_error(const struct http2_frame *frame)
{
    const unsigned char *at = frame->payload + (frame->type == NGHTTP2_GOAWAY ? 4 : 0);

    assert_true(frame->length >= 4);
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
