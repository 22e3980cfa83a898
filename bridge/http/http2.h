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

#include "lib/base/str.h"

struct connection;
struct connection_protocol;
struct http1_head;
struct http2;

enum {
    HTTP2_STREAM_WINDOW = 256 * 1024,
    HTTP2_CONNECTION_WINDOW = 1024 * 1024,
};

/* Sets *ret_operations, the protocol's side towards the connection. NULL when out of memory. The
 * object frees itself when the connection is gone. */
struct http2 *http2_new(struct connection *connection,
                        const struct connection_protocol **ret_operations);

/* The same where HTTP/1.1 asked for it (http2_upgrade.h): `head`, which has no body, is stream 1,
 * and `settings` are the client's. NULL also when these are malformed. */
struct http2 *http2_upgrade(struct connection *connection, const struct http1_head *head,
                            struct str settings, const struct connection_protocol **ret_operations);
