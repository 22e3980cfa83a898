#pragma once

/*
 * One client connection on its wire (wire.h), and how it ends. The protocol on it (http1.h or
 * http2.h, told apart by the first bytes, under TLS by ALPN) sits behind `struct
 * connection_protocol`.
 *
 * Output is queued and written once per turn of the loop, so that many small writes become one
 * system call; callbacks to the protocol never run from within connection_send().
 *
 * Thread rule: the loop thread.
 */

#include "lib/wire/wire.h"

enum { CONNECTION_READ_BYTES = WIRE_READ_BYTES }; /* most that comes at once */

struct connection;
struct server;
struct tls_context;

/* What a protocol does with a connection. `protocol` is its own object. */
struct connection_protocol {
    void (*receive)(void *protocol, struct str bytes);
    /* The client sends no more; it may still read. */
    void (*receive_eof)(void *protocol);
    /* Output is about to be written: after connection_wake() or connection_send(). */
    void (*prepare)(void *protocol);
    /* Output was taken by the socket. */
    void (*sent)(void *protocol);
    /* About twice a second, for time-outs. */
    void (*tick)(void *protocol, int64_t now);
    /* The server stops: finish what is under way, take nothing new, then close. */
    void (*drain)(void *protocol);
    /* The socket is gone: free the object. */
    void (*closed)(void *protocol);
};

/* Accepts from `listener` into a new connection, which then lives by itself and tells the server
 * when it is gone; one too many is closed at once. `tls` is NULL for a plain one. Returns a
 * negative libuv error otherwise. */
int connection_accept(struct server *server, uv_stream_t *listener, const struct tls_context *tls);

struct server *connection_server(const struct connection *connection);
/* The client's IP address as text; an IPv4-mapped IPv6 address as IPv4. */
const char *connection_address(const struct connection *connection);
/* Under TLS. */
bool connection_is_secure(const struct connection *connection);

/* Queues a copy. */
void connection_send(struct connection *connection, struct str bytes);
/* Queues them as they are; takes the loan. */
void connection_send_lent(struct connection *connection, struct lent lent);
/* Has `prepare` called before the loop sleeps. */
void connection_wake(struct connection *connection);
/* Bytes queued that the socket has not taken. */
size_t connection_queued(const struct connection *connection);
void connection_set_reading(struct connection *connection, bool is_reading);
/* When bytes last arrived, monotonic. */
int64_t connection_last_read(const struct connection *connection);

/* Only from within `prepare`: closes the protocol that is there, and goes on with `protocol`, which
 * it takes, and which gets `bytes` first. */
void connection_replace_protocol(struct connection *connection,
                                 const struct connection_protocol *operations, void *protocol,
                                 struct str bytes);

/* Closes in good order once the queue is empty: ends the output, then reads and drops what the
 * client still sends, bounded by SERVER limits, so that the client reads the answer rather than a
 * reset (RFC 9112 §9.6). */
void connection_finish(struct connection *connection);
/* Closes at once. */
void connection_abort(struct connection *connection);
bool connection_is_ending(const struct connection *connection);

/* For the server: its list, sweep and drain. */
void connection_tick(struct connection *connection, int64_t now);
void connection_drain(struct connection *connection);
void connection_flush(struct connection *connection);
struct connection *connection_next(const struct connection *connection);
