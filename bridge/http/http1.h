#pragma once

/*
 * HTTP/1.1 on a connection: requests one after the other (pipelined ones wait in the socket), each
 * an exchange. HTTP/1.0 is answered without keep-alive.
 *
 * Thread rule: the loop thread.
 */

struct connection;
struct connection_protocol;
struct http1;

/* Sets *ret_operations, the protocol's side towards the connection. NULL when out of memory. The
 * object frees itself when the connection is gone. */
struct http1 *http1_new(struct connection *connection,
                        const struct connection_protocol **ret_operations);
