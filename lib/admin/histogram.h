#pragma once

/*
 * Durations in buckets, for /metrics: one set of bounds, from 5 ms to two minutes, for calls,
 * requests and pages alike, so that they can be laid beside each other.
 *
 * A bucket keeps the last duration in it that belongs to a recorded trace as its exemplar; those go
 * out in OpenMetrics answers alone (open_metrics.h). Zero is an empty histogram. Thread rule: any
 * thread; nobody waits.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"
#include "lib/base/trace_context.h"

enum { HISTOGRAM_BOUNDS = 14 };

struct histogram_exemplar {
    char trace_id[TRACE_ID_TEXT_SIZE]; /* "": none */
    char span_id[SPAN_ID_TEXT_SIZE];
    int64_t duration_ns, time_wall_ns;
};

struct histogram {
    atomic_llong buckets[HISTOGRAM_BOUNDS + 1]; /* the last one: all that took longer */
    atomic_llong sum_ns;
    atomic_bool is_taken; /* the exemplars are being read or written */
    struct histogram_exemplar exemplars[HISTOGRAM_BOUNDS + 1];
};

/* The calling thread's trace (lib/base/trace_context.h) becomes the exemplar. */
void histogram_add(struct histogram *histogram, int64_t duration_ns);
int64_t histogram_count(const struct histogram *histogram);

/* Its samples, after prometheus_head(). @labels: `tier="cpu"` or "". */
void histogram_write(struct histogram *histogram, struct buf *out, const char *name,
                     const char *labels);
