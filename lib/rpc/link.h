#pragma once

/*
 * Core's channel with one reading of the certificates. A channel has one, or two while it goes over
 * to new certificates; each call holds the one that it is made on, for core ends what it still
 * holds back for a channel that is destroyed. Thread rule: any thread.
 */

#include <stdatomic.h>

#include <grpc/grpc.h>

#include "lib/rpc/certificates.h"
#include "lib/rpc/client.h"

struct rpc_link {
    atomic_int holders;
    grpc_channel *core;
    uint64_t generation; /* of the certificates; 0: plain text */
};

/* With the identity's latest certificates, where `options` has one. */
status_code rpc_link_new(const struct rpc_channel_options *options, struct rpc_link **ret_link,
                         struct status *st) _must_check_;
struct rpc_link *rpc_link_ref(struct rpc_link *link);
void rpc_link_unref(struct rpc_link *link);
DEFINE_CLEANUP_NAMED(struct rpc_link *, rpc_link_unrefp, rpc_link_unref)

/* Starts to connect where there is no connection. */
grpc_connectivity_state rpc_link_connect(struct rpc_link *link);
