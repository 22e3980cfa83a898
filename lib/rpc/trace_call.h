#pragma once

/*
 * Calls as spans, on both sides of the wire: OpenTelemetry's semantic conventions for RPC and gRPC.
 * Thread rule: as lib/trace.
 */

#include "lib/trace/trace.h"

/* The metadata keys of W3C Trace Context. */
#define RPC_TRACEPARENT "traceparent"
#define RPC_TRACESTATE  "tracestate"

/* What the caller sent by these two keys, empty where it did not; none when it sent nothing that
 * can be read. */
struct trace_context rpc_trace_received(struct str traceparent, struct str tracestate);

/* @path: "/package.Service/Method". A server's span may be the first one of its trace, a client's
 * never is: what nobody asked for, such as looking for work, would be a trace of its own each time.
 */
struct trace_span *rpc_trace_begin(trace_kind kind, const char *path,
                                   const struct trace_context *parent,
                                   struct trace_context *ret_context);
/* Takes the span. */
void rpc_trace_end(struct trace_span *span, trace_kind kind, status_code code);
