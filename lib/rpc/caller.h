#pragma once

/*
 * Who a call is made for: the end caller's identity, as it travels through the mesh.
 *
 * It stands in the request metadata of every call: "authorization: Bearer TOKEN" (none: anonymous),
 * "ocrmesh-client-address" (the end client's IP address as the edge saw it) and
 * "ocrmesh-request-id" (for the log). A service that calls another one on behalf of its caller
 * passes these on unchanged. Any service may be called directly by a stock client: then the address
 * is the peer's. The address is believed, for only the edge and neighbours reach these ports,
 * unless the peer is known to be somebody else (rpc_call_distrust_forwarded). Thread rule: values,
 * any thread.
 */

#include "lib/rpc/client.h"
#include "lib/rpc/server.h"

enum { RPC_CALLER_FORWARD_MAX = 4 };

struct rpc_caller {
    struct str token;           /* without "Bearer "; empty when there is none */
    const char *client_address; /* textual IP address without port, never NULL */
    const char *request_id;     /* never NULL; made up when the caller sent none */
};

/* Reads the metadata of `call`; text lives in the call's arena or with the call. Fails with
 * UNAUTHENTICATED INVALID_TOKEN for an authorization header that is not a bearer token. */
status_code rpc_caller_read(struct rpc_call *call, struct rpc_caller *ret_caller,
                            struct status *st) _must_check_;

/* The address of the end client where a request has a field for it: what the field says or, where
 * it is empty or the peer is not believed, the caller's. */
const char *rpc_caller_address(const struct rpc_call *call, const struct rpc_caller *caller,
                               const char *stated);

/* Fills `entries` with the same identity for an outgoing call; text is borrowed from `caller` and
 * `arena`. Returns the number of entries, 0 when out of memory. */
size_t rpc_caller_forward(const struct rpc_caller *caller, struct arena *arena,
                          struct rpc_metadata_entry entries[static RPC_CALLER_FORWARD_MAX]);
