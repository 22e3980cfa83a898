#pragma once

/*
 * HTTP/2 on a connection (RFC 9113, over nghttp2): each stream an exchange.
 *
 * A stream's body is taken from the client only as far as its route reads it: the stream's window
 * is what can be on its way, HTTP2_STREAM_WINDOW bytes a stream. Output waits in a queue of its
 * stream until the client's windows and the socket take it.
 *
 * Thread rule: the loop thread.
 */

struct connection;
struct connection_protocol;
struct http2;

enum {
    HTTP2_STREAM_WINDOW = 256 * 1024,
    HTTP2_CONNECTION_WINDOW = 1024 * 1024,
    HTTP2_RESETS_MAX = 200, /* streams that a client may reset within HTTP2_RESETS_SECONDS */
    HTTP2_RESETS_SECONDS = 10,
};

/* Sets *ret_operations, the protocol's side towards the connection. NULL when out of memory. The
 * object frees itself when the connection is gone. */
struct http2 *http2_new(struct connection *connection,
                        const struct connection_protocol **ret_operations);
