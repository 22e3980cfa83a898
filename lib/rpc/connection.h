#pragma once

/*
 * A client's connection: its wire, HTTP/2 on it (RFC 9113, over nghttp2), and how it ends.
 *
 *     connection.c        life, time, output
 *     connection_http2.c  what nghttp2 tells
 *
 * A connection ends when its client goes, when it is silent (a ping each minute, and twenty seconds
 * for the answer), at its age, with the server, or for abuse: floods of frames
 * (lib/wire/http2_flood.h) and pings that come more often than every ten seconds without anything
 * to read in between, which are answered by GOAWAY with "too_many_pings", as grpc core does.
 *
 * Thread rule: the loop's thread.
 */

#include <nghttp2/nghttp2.h>

#include "lib/rpc/call.h"
#include "lib/rpc/server_loop.h"

/* Takes the socket; without memory it is closed. */
void rpc_connection_open(struct rpc_server_loop *loop, int fd);

/* Frames are to be made and written at the end of the turn. */
void rpc_connection_wake(struct rpc_connection *connection);
/* Does that. */
void rpc_connection_flush(struct rpc_connection *connection);
/* About once a second. */
void rpc_connection_tick(struct rpc_connection *connection, int64_t now);
/* Has the client go away: calls under way finish, then the connection ends. */
void rpc_connection_drain(struct rpc_connection *connection);
/* Cancels its calls. */
void rpc_connection_cancel_calls(struct rpc_connection *connection, const struct status *st);
/* Closes it at once. Not from within nghttp2. */
void rpc_connection_abort(struct rpc_connection *connection);

struct rpc_connection *rpc_connection_next(const struct rpc_connection *connection);
struct rpc_connection *rpc_connection_next_dirty(struct rpc_connection *connection);

/* --- for its calls --- */

struct rpc_server_loop *rpc_connection_loop(const struct rpc_connection *connection);
struct rpc_peer *rpc_connection_peer(const struct rpc_connection *connection);
nghttp2_session *rpc_connection_session(const struct rpc_connection *connection);
/* Makes room for so many bytes of the stream. */
void rpc_connection_consume(struct rpc_connection *connection, int32_t stream, size_t count);
void rpc_connection_reset(struct rpc_connection *connection, int32_t stream, uint32_t error);
/* What nghttp2 returned: an error is the connection's end. */
void rpc_connection_check(struct rpc_connection *connection, int result);
