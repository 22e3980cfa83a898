#pragma once

/*
 * grpc core's credentials for channels, of an identity or in plain text. Thread rule: any thread.
 */

#include <grpc/grpc_security.h>

#include "lib/rpc/certificates.h"

/* @certificates: borrowed; NULL: plain text. @peer_id: the SPIFFE ID that the server must show;
 * host names are not looked at. The caller releases the credentials. Fails with INVALID_ARGUMENT
 * where there are certificates and no peer. */
status_code rpc_channel_credentials(const struct rpc_certificates *certificates,
                                    const char *peer_id, grpc_channel_credentials **ret_credentials,
                                    struct status *st) _must_check_;
