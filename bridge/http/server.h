#pragma once

/*
 * The connections of its listeners, their limits and their end. The plain port speaks HTTP/1.1
 * and, with prior knowledge (RFC 9113 §3.3), HTTP/2; the other one the same under TLS.
 *
 * Thread rule: the loop thread.
 */

#include <uv.h>

#include "bridge/http/exchange_transport.h"
#include "lib/base/status.h"

/* All limits that clients can run into; a program sets each of them. */
struct server_limits {
    int64_t connections_max;
    int64_t connections_per_address_max;
    int64_t streams_max;       /* concurrent requests of an HTTP/2 connection */
    int64_t head_max_bytes;    /* request line and fields */
    int64_t head_timeout_ms;   /* from the first byte of a request to the end of its head */
    int64_t body_timeout_ms;   /* without a byte of a body that is being read */
    int64_t body_rate_min;     /* bytes a second of it, after such a time; 0: any */
    int64_t idle_timeout_ms;   /* between requests */
    int64_t write_timeout_ms;  /* without the client taking a byte of output */
    int64_t linger_timeout_ms; /* reading on after the answer was given before the body's end */
    int64_t linger_max_bytes;  /* the same, in bytes */
    int64_t drain_timeout_ms;  /* for requests under way when the server stops */
};

struct tls_context;

struct server_options {
    uv_loop_t *loop;
    const char *address; /* "127.0.0.1:8080", "[::]:8080"; port 0 picks one */
    /* Of a second port, which speaks TLS; borrowed, NULL: there is none. */
    const struct tls_context *tls;
    const char *tls_address;
    struct server_limits limits;
    struct bridge *bridge; /* handed to exchanges */
    exchange_dispatch dispatch;
    void *dispatch_data;
    /* Whether connections of this address are not held against the limit of one: a proxy. */
    bool (*is_proxy)(const char *address, void *data);
    void *is_proxy_data;
    /* After server_stop(): the last connection is gone. */
    void (*on_stopped)(void *data);
    void *on_stopped_data;
};

struct server;
struct connection;
struct wire_buffers;

status_code server_start(const struct server_options *options, struct server **ret_server,
                         struct status *st) _must_check_;
/* The bound ports; that of TLS is 0 where there is none. */
int server_port(const struct server *server);
int server_tls_port(const struct server *server);
/* Stops accepting, lets requests finish, closes; on_stopped follows. */
void server_stop(struct server *server);
/* After on_stopped and the end of uv_run(). */
void server_free(struct server *server);
DEFINE_CLEANUP(struct server *, server)

const struct server_options *server_options(const struct server *server);
bool server_is_stopping(const struct server *server);
int64_t server_connection_count(const struct server *server);
/* Connections that were closed at once, for there were too many. Any thread. */
int64_t server_refused_count(const struct server *server);

/* --- for connection.c --- */
void server_add_connection(struct server *server, struct connection *connection);
void server_remove_connection(struct server *server, struct connection *connection);
/* Whether one more is taken: of all, and of its address. True is to be followed by
 * server_release_peer() when it is gone. */
bool server_take_peer(struct server *server, const char *address) _must_check_;
void server_release_peer(struct server *server, const char *address);
struct connection *server_first_connection(const struct server *server);
void server_set_first_connection(struct server *server, struct connection *connection);
/* Has connection_flush() called before the loop sleeps. */
void server_add_dirty(struct server *server, struct connection *connection);
struct wire_buffers *server_wire_buffers(struct server *server);
