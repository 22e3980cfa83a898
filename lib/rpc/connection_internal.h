#pragma once

/*
 * What the two halves of a connection share. Nobody else includes this. Thread rule: the loop's
 * thread.
 */

#include "lib/rpc/connection.h"
#include "lib/wire/http2_flood.h"

/* How far it is on its way to its end. */
typedef enum {
    CONNECTION_SERVES,
    CONNECTION_WARNED, /* GOAWAY for no stream in particular; calls on their way are taken */
    CONNECTION_LEAVES, /* GOAWAY with the last stream */
} connection_stage;

struct rpc_connection {
    struct wire wire; /* first: see wire.c */
    struct rpc_server_loop *loop;
    struct rpc_connection *previous, *next, *next_dirty;
    struct rpc_peer *peer;    /* NULL until it is established */
    nghttp2_session *session; /* the same */
    struct rpc_call *calls;
    bool is_greeted; /* its settings have come: it speaks HTTP/2 */
    bool is_dirty, is_dead, is_lingering, is_closing;
    connection_stage stage;

    int64_t open_time;
    int64_t last_read;
    int64_t ping_time;   /* of ours that is not answered; 0: there is none */
    int64_t warned_time; /* of the first GOAWAY */
    int64_t linger_end;
    int64_t age_end, grace_end; /* TIME_NEVER: none */
    int64_t client_ping_time;   /* of the last one; 0: since we sent something */
    int client_ping_strikes;
    struct http2_flood flood;
};

/* Makes the session with its settings; false when out of memory. */
bool rpc_connection_open_session(struct rpc_connection *connection) _must_check_;
/* The second GOAWAY. */
void rpc_connection_leave(struct rpc_connection *connection);
