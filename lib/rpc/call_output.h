#pragma once

/*
 * What a call sends becomes frames: headers, messages, and the status behind them. Thread rule: the
 * loop's thread.
 */

#include "lib/rpc/call.h"

enum { RPC_WRITE_AHEAD_BYTES = 65536 }; /* of a stream, that may wait for the connection */

/* What the runner posted since the last time. The call may be over afterwards. */
void rpc_call_output(struct rpc_call *call);
/* The stream is gone: what was to be sent goes, too, and a write that waits is over. */
void rpc_call_drop_output(struct rpc_call *call);
/* Ends a call that nobody runs. @http_status: "200" for all that is gRPC. */
void rpc_call_refuse(struct rpc_call *call, const char *http_status, const struct status *st);

/* Puts "grpc-status" and what belongs to it into `trailers`. Any thread. Memory that is short
 * leaves details out. */
void rpc_call_write_status(struct rpc_fields *trailers, const struct status *st,
                           struct arena *arena);
