#pragma once

/*
 * A thread of a server that moves bytes: sockets, HTTP/2, deadlines. A connection, and the calls on
 * it, belong to one loop.
 *
 * In each turn the loop takes what has arrived on its sockets, hands tasks to the pool, and only
 * then writes, once a connection, what calls have posted meanwhile: answers of many calls go out
 * together. A runner that posts while other tasks wait for its thread wakes nobody, for the loop
 * looks every millisecond as long as tasks wait.
 *
 * Thread rule: as each function says.
 */

#include <uv.h>

#include "lib/rpc/call.h"
#include "lib/wire/wire.h"

/* Starts the thread. */
status_code rpc_server_loop_new(struct rpc_server *server, struct rpc_server_loop **ret_loop,
                                struct status *st) _must_check_;
/* Ends all connections, and joins the thread. No call may be left that runs. */
void rpc_server_loop_free(struct rpc_server_loop *loop);
DEFINE_CLEANUP(struct rpc_server_loop *, rpc_server_loop)

/* What the server wants of a loop, in this order. Any thread. */
typedef enum {
    RPC_ORDER_LISTEN = 1 << 0, /* takes connections of the listener it was given */
    RPC_ORDER_DRAIN = 1 << 1,  /* closes the port, and has clients go away */
    RPC_ORDER_CANCEL = 1 << 2, /* cancels what is under way */
    RPC_ORDER_STOP = 1 << 3,   /* closes everything, and returns */
} rpc_server_order;
void rpc_server_loop_order(struct rpc_server_loop *loop, rpc_server_order order);

/* A connection for this loop; takes the socket. Any thread. */
void rpc_server_loop_take_socket(struct rpc_server_loop *loop, int fd);

struct rpc_listener;
/* Before RPC_ORDER_LISTEN; borrowed until the loop is freed. */
void rpc_server_loop_set_listener(struct rpc_server_loop *loop, struct rpc_listener *listener);

/* The mutex of what calls share. Any thread. */
void rpc_server_loop_lock(struct rpc_server_loop *loop);
void rpc_server_loop_unlock(struct rpc_server_loop *loop);
/* Has the loop look at the call; lets the mutex go. The call may be over at once. */
void rpc_server_loop_post_and_unlock(struct rpc_server_loop *loop, struct rpc_call *call);

/* --- the loop's thread --- */

struct rpc_server *rpc_server_loop_server(const struct rpc_server_loop *loop);
uv_loop_t *rpc_server_loop_uv(struct rpc_server_loop *loop);
struct wire_buffers *rpc_server_loop_buffers(struct rpc_server_loop *loop);
/* To the pool; false when it is full. */
bool rpc_server_loop_submit(struct rpc_server_loop *loop, struct rpc_task *task) _must_check_;
/* A call object, new or used; NULL when memory is short. */
struct rpc_call *rpc_server_loop_take_call(struct rpc_server_loop *loop);
void rpc_server_loop_return_call(struct rpc_server_loop *loop, struct rpc_call *call);
/* `call->timer`, which is set: it is aborted then. */
bool rpc_server_loop_add_deadline(struct rpc_server_loop *loop, struct rpc_call *call) _must_check_;
void rpc_server_loop_remove_deadline(struct rpc_server_loop *loop, struct rpc_call *call);
/* The list of connections, and that of those with something to write. */
struct rpc_connection **rpc_server_loop_connections(struct rpc_server_loop *loop);
struct rpc_connection **rpc_server_loop_dirty(struct rpc_server_loop *loop);
/* Connections are to go away. */
bool rpc_server_loop_is_draining(const struct rpc_server_loop *loop);
