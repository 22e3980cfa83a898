#include "lib/rpc/trace_call.h"

#include <string.h>

struct trace_context rpc_trace_received(struct str traceparent, struct str tracestate)
{
    struct trace_context context = {.is_valid = false};

    if (traceparent.n > 0)
        (void)trace_context_parse(traceparent, &context);
    if (context.is_valid && tracestate.n > 0)
        trace_context_add_state(&context, tracestate);
    return context;
}

static void tell_method(struct trace_span *span, const char *path)
{
    const char *slash = strrchr(path, '/');

    trace_span_text(span, "rpc.system", STR("grpc"));
    if (slash == NULL || slash == path)
        return;
    trace_span_text(span, "rpc.service", (struct str){path + 1, (size_t)(slash - path) - 1});
    trace_span_text(span, "rpc.method", str_of(slash + 1));
}

struct trace_span *rpc_trace_begin(trace_kind kind, const char *path,
                                   const struct trace_context *parent,
                                   struct trace_context *ret_context)
{
    const char *name = path[0] == '/' ? path + 1 : path;
    struct trace_span *span = kind == TRACE_SERVER
                                  ? trace_span_begin(kind, name, parent, ret_context)
                                  : trace_span_begin_below(kind, name, parent, ret_context);

    if (span != NULL)
        tell_method(span, path);
    return span;
}

/* To a server, what its caller did wrong or gave up is no failure. */
static bool is_failure(trace_kind kind, status_code code)
{
    switch (code) {
    case STATUS_OK:
        return false;
    case STATUS_UNKNOWN:
    case STATUS_DEADLINE_EXCEEDED:
    case STATUS_UNIMPLEMENTED:
    case STATUS_INTERNAL:
    case STATUS_UNAVAILABLE:
    case STATUS_DATA_LOSS:
        return true;
    default:
        return kind == TRACE_CLIENT;
    }
}

void rpc_trace_end(struct trace_span *span, trace_kind kind, status_code code)
{
    if (span == NULL)
        return;
    trace_span_integer(span, "rpc.grpc.status_code", code);
    if (is_failure(kind, code))
        trace_span_fail(span, status_code_name(code));
    trace_span_end(span);
}
