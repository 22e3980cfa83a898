#pragma once

/*
 * Traces: spans of what this process does, sent to an OpenTelemetry receiver.
 *
 * A span is begun, told a few facts, and ended; from then on it belongs to the exporter, a thread
 * that sends batches over OTLP/HTTP (otlp.h). Nobody who ends a span waits for it: the queue is
 * bounded, and what does not fit is dropped and counted. A span that is not recorded, because
 * tracing is off or its trace is not sampled, is NULL, which every function takes and passes over;
 * tracing that is off costs the look at one flag.
 *
 *     struct trace_context context;
 *     struct trace_span *span = trace_span_begin(TRACE_SERVER, name, &parent, &context);
 *     struct trace_context before = trace_context_swap(context);
 *     ...                                                log lines, statements and calls are its
 *     trace_context_swap(before);
 *     trace_span_end(span);
 *
 * Names and keys follow OpenTelemetry's semantic conventions. Neither names nor values may hold
 * personal data, tokens, file names, or ids that open a job to whoever knows them.
 *
 * Thread rule: any thread; a span, one thread at a time.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/trace_context.h"

enum {
    TRACE_NAME_MAX = 127,
    TRACE_ATTRIBUTES_MAX = 12,    /* of a span; further ones are left out and counted in it */
    TRACE_TEXT_MAX_BYTES = 512,   /* of all text of a span's attributes */
    TRACE_STOP_TIMEOUT_MS = 3000, /* for what is left when the process ends */
};

/* Numbers of OTLP's SpanKind. */
typedef enum {
    TRACE_INTERNAL = 1,
    TRACE_SERVER = 2,
    TRACE_CLIENT = 3,
    TRACE_PRODUCER = 4,
    TRACE_CONSUMER = 5,
} trace_kind;

typedef enum {
    TRACE_SAMPLE_ALL,
    TRACE_SAMPLE_NONE,
    TRACE_SAMPLE_RATIO, /* by the trace id, so that all processes decide alike */
} trace_sampling;

struct trace_options {
    const char *service; /* "ocrmesh-bridge" */
    const char *url;     /* of the receiver, path and all; "": tracing is off */
    const char *headers; /* "name=value,name=value", values percent-encoded */
    const char *ca_file; /* certificates that the receiver is believed by; "": the system's */
    const char *resource_attributes; /* as `headers` */
    trace_sampling sampling;
    double ratio;         /* of traces that begin here, 0 to 1 */
    bool is_parent_based; /* a trace that comes from outside is sampled as its sender says */
    int64_t timeout_ms;   /* of one export */
    int64_t delay_ms;     /* how long a span waits for others at most */
    int64_t queue_max;    /* spans */
    int64_t batch_max;    /* spans */
};

/* Starts the exporter; once a process, before other threads. All text is borrowed until
 * trace_stop(). Fails with INVALID_ARGUMENT CONFIG for a URL or list that cannot be used. */
status_code trace_start(const struct trace_options *options, struct status *st) _must_check_;
/* Sends what is left, for TRACE_STOP_TIMEOUT_MS at most. No span may be begun or ended any more. */
void trace_stop(void);

struct trace_span;

/* A span below `parent`, or, where that is none, the first one of a new trace. @name is copied.
 * *ret_context is what goes on below it, recorded or not; with tracing off, the parent. */
struct trace_span *trace_span_begin(trace_kind kind, const char *name,
                                    const struct trace_context *parent,
                                    struct trace_context *ret_context);
/* The same, but never the first one of a trace. */
struct trace_span *trace_span_begin_below(trace_kind kind, const char *name,
                                          const struct trace_context *parent,
                                          struct trace_context *ret_context);

/* Another name than it began with. */
void trace_span_rename(struct trace_span *span, const char *name);
/* It began earlier, at this time_wall(). */
void trace_span_set_start(struct trace_span *span, int64_t wall_ns);
/* @key: static. @value: copied. */
void trace_span_text(struct trace_span *span, const char *key, struct str value);
void trace_span_integer(struct trace_span *span, const char *key, int64_t value);
/* What it stands for went wrong; @error_type (error.type) is a word from a short list, copied. */
void trace_span_fail(struct trace_span *span, const char *error_type);
/* Takes the span. */
void trace_span_end(struct trace_span *span);
/* It was nothing worth telling; takes the span. */
void trace_span_drop(struct trace_span *span);

struct trace_counts {
    int64_t exported;     /* spans that the receiver took */
    int64_t dropped_full; /* for want of room in the queue */
    int64_t dropped_lost; /* the receiver was not there, or did not take them */
};
bool trace_is_on(void);
/* After trace_stop(): those at the end. */
struct trace_counts trace_counts(void);
