#pragma once

/*
 * Who is at the other end of a connection. Calls hold it, for they may outlast the connection.
 * Thread rule: any thread; constant once it is made.
 */

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "lib/base/ip_network.h"

struct rpc_peer {
    atomic_int holders;
    const char *id; /* SPIFFE ID in its certificate; "" for none. Behind `address` */
    char ip[IP_ADDRESS_TEXT_SIZE];
    char address[]; /* "ipv4:127.0.0.1:40000", "ipv6:%5B::1%5D:40000", "unix:" */
};

/* @fd: the connected socket. @ssl: its session, established; NULL: plain. NULL when out of memory,
 * and where the client has gone.
 */
struct rpc_peer *rpc_peer_new(int fd, const SSL *ssl);
struct rpc_peer *rpc_peer_ref(struct rpc_peer *peer);
/* Accepts NULL. */
void rpc_peer_unref(struct rpc_peer *peer);
