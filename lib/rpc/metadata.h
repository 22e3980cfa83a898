#pragma once

/*
 * Headers and trailers between `struct rpc_metadata` and grpc's arrays.
 * Thread rule: one thread at a time.
 */

#include <grpc/grpc.h>

#include "lib/base/arena.h"
#include "lib/rpc/rpc.h"

/* What is to be sent. Zero is an empty list; the slices are copies. */
struct rpc_metadata_out {
    grpc_metadata *entries; /* RPC_METADATA_MAX + 3 of them, or NULL */
    size_t count;
};

/* Fails with INVALID_ARGUMENT for a key or value that HTTP/2 cannot carry, RESOURCE_EXHAUSTED
 * beyond RPC_METADATA_MAX or when out of memory. */
status_code rpc_metadata_out_add(struct rpc_metadata_out *out, const char *key, struct str value,
                                 struct status *st) _must_check_;
/* As above without the checks, for what the runtime itself adds; three more entries fit. False when
 * out of memory. */
bool rpc_metadata_out_add_internal(struct rpc_metadata_out *out, const char *key,
                                   struct str value) _must_check_;
void rpc_metadata_out_deinit(struct rpc_metadata_out *out);

/* A view of what was received: keys are copied into `arena`, values belong to `received` and live
 * as long. Empty when out of memory. */
struct rpc_metadata rpc_metadata_view(const grpc_metadata_array *received, struct arena *arena);

/* Bytes of a slice; live as long. */
static inline struct str rpc_slice_view(const grpc_slice *slice)
{
    return (struct str){(const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice)};
}
