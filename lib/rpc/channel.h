#pragma once

/*
 * A channel as the blocking and the asynchronous client see it, and what both of them do to start
 * and to end a call. The public face is `client.h` and `async.h`.
 */

#include <grpc/grpc.h>

#include "lib/rpc/call.h"
#include "lib/rpc/client.h"
#include "lib/rpc/link.h"
#include "lib/rpc/metadata.h"

/* A completion queue that nobody else uses, for one call; to be given back empty. Any thread. */
grpc_completion_queue *rpc_channel_take_queue(struct rpc_channel *channel);
void rpc_channel_return_queue(struct rpc_channel *channel, grpc_completion_queue *queue);

/* What a call is made of, on either client. */
struct rpc_client_call {
    struct rpc_link *link;
    grpc_call *core;
    struct rpc_follower following; /* of the server call that this one follows */
    const ProtobufCMethodDescriptor *types;
    struct rpc_metadata_out headers;
    uint32_t header_flags;
    struct trace_span *span; /* from the start to the status; NULL: not recorded */

    grpc_metadata_array received_headers, received_trailers;
    grpc_status_code code;
    grpc_slice message;
};

/* Fails with INVALID_ARGUMENT for a method that the descriptor does not have, or headers that
 * cannot be sent, and DEADLINE_EXCEEDED when the deadline has passed. */
status_code rpc_client_call_init(struct rpc_client_call *call, struct rpc_channel *channel,
                                 const struct rpc_method *method,
                                 const struct rpc_call_options *options,
                                 grpc_completion_queue *queue, struct status *st) _must_check_;
/* Once core has completed everything. */
void rpc_client_call_deinit(struct rpc_client_call *call);

/* Operations of a batch. */
grpc_op rpc_client_op_headers(const struct rpc_client_call *call);
grpc_op rpc_client_op_message(grpc_byte_buffer *buffer);
grpc_op rpc_client_op_close(void);
grpc_op rpc_client_op_receive_headers(struct rpc_client_call *call);
grpc_op rpc_client_op_receive_message(grpc_byte_buffer **buffer);
grpc_op rpc_client_op_receive_status(struct rpc_client_call *call);

/* The status that the call ended with, its details decoded. */
status_code rpc_client_call_status(const struct rpc_client_call *call, struct status *st);
