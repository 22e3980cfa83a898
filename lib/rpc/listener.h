#pragma once

/*
 * Where a server is reached: its sockets that listen, and where what connects goes to.
 *
 * Addresses are "127.0.0.1:50051", "[::]:50051" (which is every address of both families), names,
 * "unix:/path" and "unix-abstract:name"; port 0 picks one. A second process on the same port is a
 * mistake that shows: ports are not shared.
 *
 * Thread rule: the loop's thread between start and stop.
 */

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct rpc_listener;
struct rpc_server;
struct rpc_server_loop;

/* Listens; nobody is taken yet. Fails with UNAVAILABLE ADDRESS_IN_USE when the address cannot be
 * bound. */
status_code rpc_listener_new(struct rpc_server *server, const char *address,
                             struct rpc_listener **ret_listener, struct status *st) _must_check_;
/* After its loop was freed. */
void rpc_listener_free(struct rpc_listener *listener);
DEFINE_CLEANUP(struct rpc_listener *, rpc_listener)

/* The bound port; 0 for a Unix socket. */
int rpc_listener_port(const struct rpc_listener *listener);

void rpc_listener_start(struct rpc_listener *listener, struct rpc_server_loop *loop);
/* Closes the sockets. */
void rpc_listener_stop(struct rpc_listener *listener);
/* Takes connections again where there were no descriptors left. About once a second. */
void rpc_listener_tick(struct rpc_listener *listener);
