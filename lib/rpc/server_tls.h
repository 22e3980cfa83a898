#pragma once

/*
 * A server's side of mutual TLS: the latest certificates of its identity for each connection. What
 * is agreed to beside stands in lib/wire/tls_server.h; ALPN has to settle on h2.
 *
 * Thread rule: any thread.
 */

#include <openssl/ssl.h>

#include "lib/rpc/certificates.h"

struct rpc_server_tls;

/* @identity: borrowed. Clients must show a certificate of an authority that it trusts. Fails with
 * INVALID_ARGUMENT when OpenSSL refuses the certificates. */
status_code rpc_server_tls_new(struct rpc_identity *identity, struct rpc_server_tls **ret_tls,
                               struct status *st) _must_check_;
void rpc_server_tls_free(struct rpc_server_tls *tls);

/* A session that accepts; the caller owns it. NULL when out of memory. */
SSL *rpc_server_tls_accept(struct rpc_server_tls *tls);
