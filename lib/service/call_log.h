#pragma once

/*
 * The log line of an RPC that has ended.
 *
 * Each failed call is logged once, here, with method, request id, peer, the SPIFFE ID
 * that it has shown, code, reason and where it
 * failed: as an error when it is our own mistake (INTERNAL, UNKNOWN, DATA_LOSS), as a warning when
 * something was not there or took too long (UNAVAILABLE, DEADLINE_EXCEEDED), else for information.
 * A call that ended well is logged at debug level. Any thread.
 */

#include "lib/rpc/server.h"

void call_log_end(struct rpc_call *call, const struct status *st, int64_t duration_ns);
