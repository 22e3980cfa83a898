#pragma once

/*
 * What a call reads and writes: messages, headers and trailers. Its public face is `server.h`.
 * Thread rule: one thread at a time, which runs the call.
 */

#include "lib/rpc/call.h"

/* Once for each call object. */
void rpc_call_io_init(struct rpc_call *call);

/* Blocks until the transport has taken what was written last. */
void rpc_call_wait_written(struct rpc_call *call);
/* Sends the headers, which counts as done from here on. */
grpc_op rpc_call_headers_op(struct rpc_call *call);
/* Why an operation of this call failed: CANCELLED, or DEADLINE_EXCEEDED. */
status_code rpc_call_fail_ended(const struct rpc_call *call, struct status *st);
