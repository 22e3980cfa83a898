#pragma once

/*
 * grpc core's credentials, of an identity or in plain text. Thread rule: any thread.
 */

#include <grpc/grpc_security.h>

#include "lib/rpc/certificates.h"

/* @certificates: borrowed; NULL: plain text. @peer_id: the SPIFFE ID that the server must show;
 * host names are not looked at. The caller releases the credentials. Fails with INVALID_ARGUMENT
 * where there are certificates and no peer. */
status_code rpc_channel_credentials(const struct rpc_certificates *certificates,
                                    const char *peer_id, grpc_channel_credentials **ret_credentials,
                                    struct status *st) _must_check_;

/* What a server's credentials remember; outlives them, in one place. */
struct rpc_server_certificates {
    struct rpc_identity *identity;
    uint64_t generation; /* that core was given last */
};

/* @source: with the identity set, or NULL in it: plain text. Clients must show a certificate of an
 * authority that the identity trusts; each handshake is made with the latest files. */
status_code rpc_server_credentials(struct rpc_server_certificates *source,
                                   grpc_server_credentials **ret_credentials,
                                   struct status *st) _must_check_;
