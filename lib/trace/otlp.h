#pragma once

/*
 * Batches of spans as OTLP/HTTP has them (opentelemetry-proto 1.x, ExportTraceServiceRequest in
 * protobuf), and the lists of OTEL_* variables. Thread rule: values.
 */

#include "lib/base/arena.h"
#include "lib/trace/span.h"

enum {
    OTLP_PAIRS_MAX = 16,
    OTLP_PAIR_MAX_BYTES = 1024,       /* of a decoded value */
    OTLP_BATCH_BYTES_PER_SPAN = 8192, /* of an arena, for messages of the largest span */
};

struct otlp_pair {
    const char *name, *value;
};
struct otlp_pairs {
    size_t count;
    struct otlp_pair entries[OTLP_PAIRS_MAX];
};

/* "name=value,name=value", values percent-encoded (W3C Baggage). Text lives in `arena`. Fails with
 * INVALID_ARGUMENT CONFIG, naming `variable` and not the value, which may be a secret. */
status_code otlp_parse_pairs(const char *text, const char *variable, struct arena *arena,
                             struct otlp_pairs *ret_pairs, struct status *st) _must_check_;

/* Bytes in `arena`; false when it is full. @resource: attributes of the process. */
bool otlp_encode(struct trace_span *const *spans, size_t count, const struct otlp_pairs *resource,
                 struct arena *arena, struct str *ret_body) _must_check_;
