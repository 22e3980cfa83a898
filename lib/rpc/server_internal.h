#pragma once

/*
 * The server as its loops and calls see it. Thread rule: any thread.
 */

#include "lib/rpc/call.h"

/* NULL for one that the server does not offer. */
const struct rpc_server_method *rpc_server_find_method(const struct rpc_server *server,
                                                       struct str path);

struct rpc_pool *rpc_server_pool(const struct rpc_server *server);
const struct rpc_server_options *rpc_server_options(const struct rpc_server *server);
/* NULL: plain text. */
struct rpc_server_tls *rpc_server_tls(const struct rpc_server *server);
/* The loop that a new connection belongs to. */
struct rpc_server_loop *rpc_server_next_loop(struct rpc_server *server);

/* A connection, or a call, more or less; the last one ends a drain. False for a connection too
 * many.
 */
bool rpc_server_count_connection(struct rpc_server *server) _must_check_;
void rpc_server_uncount_connection(struct rpc_server *server);
void rpc_server_count_call(struct rpc_server *server);
void rpc_server_uncount_call(struct rpc_server *server);
