#pragma once

/*
 * One port that the server listens on, plain or TLS; what connects becomes a connection of the
 * server's.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/server.h"

struct listener {
    uv_tcp_t tcp;
    struct server *server;
    const struct tls_context *tls; /* NULL: plain */
    int port;
};

/* Listens on `address` (server_options). On failure, too, its handle has to be closed. */
status_code listener_open(struct listener *listener, struct server *server, const char *address,
                          const struct tls_context *tls, struct status *st) _must_check_;
