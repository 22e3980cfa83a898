#pragma once

/*
 * A client that speaks HTTP/2 by nghttp2 and gRPC by hand, for what no proper gRPC client sends.
 * Blocks; fails the test where nothing comes for long.
 */

#include <nghttp2/nghttp2.h>

#include "lib/base/str.h"

enum { HTTP2_PEER_STREAMS_MAX = 1024 };

/* What came back on a stream. */
struct http2_answer {
    struct buf fields; /* "name: value\n", of headers and trailers in their order */
    struct buf body;
    bool has_headers, is_closed;
    bool is_reset;
    uint32_t reset_error;
};

struct http2_peer {
    int fd;
    nghttp2_session *session;
    struct http2_answer answers[HTTP2_PEER_STREAMS_MAX]; /* by (stream id - 1) / 2 */
    size_t data_bytes_max; /* of requests' bodies that the server has let us send */
    bool is_refused;       /* GOAWAY came */
    int goaway_count;
    uint32_t goaway_error;
    int32_t goaway_stream;
    struct buf goaway_reason;
    int pings; /* of the server's */
    bool holds_window;
};

/* Connects to 127.0.0.1. @holds_window: gives no window back, so that answers stop. */
struct http2_peer *http2_peer_new(int port, bool holds_window);
/* The same over a socket that is connected, which is taken. */
struct http2_peer *http2_peer_new_on(int fd, bool holds_window);
void http2_peer_free(struct http2_peer *peer);
DEFINE_CLEANUP(struct http2_peer *, http2_peer)

/* A request of the echo service's method, with `more` headers ("name", "value", ..., NULL) in place
 * of the usual ones of the same names; an empty value leaves one out. Returns the stream. `body` is
 * sent as it is, and the stream ended behind it if `is_last`. Borrowed until it is sent. */
int32_t http2_peer_request(struct http2_peer *peer, const char *method, const char *const *more,
                           struct str body, bool is_last);
/* Writes what there is to write. */
void http2_peer_send(struct http2_peer *peer);
/* Reads until the stream is closed. */
const struct http2_answer *http2_peer_finish(struct http2_peer *peer, int32_t stream);
/* Reads until *flag. */
void http2_peer_wait(struct http2_peer *peer, const bool *flag);
/* Waits until a frame of the type has arrived, behind whatever else, and reads nothing of it: what
 * is sent next is sent without knowing of it. */
void http2_peer_await_bytes(struct http2_peer *peer, int type);
/* Reads until the server closes the connection. */
void http2_peer_wait_end(struct http2_peer *peer);
/* Reads what comes until a ping is answered: the server has seen all that was sent. */
void http2_peer_catch_up(struct http2_peer *peer);

/* The value of a header or trailer; "" where there is none. Lives until the next call. */
const char *http2_answer_field(const struct http2_answer *answer, const char *name);
/* A gRPC message: five bytes and then `bytes`. */
void http2_frame_message(struct buf *out, int flag, struct str bytes);
