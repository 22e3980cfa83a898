#pragma once

/*
 * The server as its calls see it. Thread rule: any thread.
 */

#include <grpc/grpc.h>

#include "lib/rpc/call.h"

/* A call object, new or used; NULL when memory is short. */
struct rpc_call *rpc_server_take_call(struct rpc_server *server);
/* The call never came to be and is spare from here on. */
void rpc_server_give_back_call(struct rpc_server *server, struct rpc_call *call);
/* The same for a call that is over: what it held is used to offer slots that are missing. */
void rpc_server_return_call(struct rpc_server *server, struct rpc_call *call);
/* A slot of the method could not be offered. Called for a call that is yet to be returned, so that
 * a later moment to offer it is sure to come. */
void rpc_server_miss_slot(struct rpc_server_method *method);

grpc_server *rpc_server_core(const struct rpc_server *server);
grpc_completion_queue *rpc_server_queue(const struct rpc_server *server);
struct rpc_pool *rpc_server_pool(const struct rpc_server *server);
bool rpc_server_is_draining(const struct rpc_server *server);
const struct rpc_server_options *rpc_server_options(const struct rpc_server *server);
