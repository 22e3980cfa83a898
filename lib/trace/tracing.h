#pragma once

/*
 * What starting and stopping share with spans: trace.c and start.c alone. Spans reach the exporter
 * through `hand_in`, so that a program which starts no tracing has neither exporter nor HTTP
 * client. Thread rule: any thread; what is not atomic changes only while it is off.
 */

#include <stdatomic.h>

#include "lib/trace/trace.h"

struct exporter;

/* One a process, as the log: every span of it goes the same way. */
struct tracing {
    atomic_bool is_on;
    struct trace_options options;
    struct exporter *exporter;
    void (*hand_in)(struct exporter *exporter, struct trace_span *span); /* exporter_hand_in() */
};

extern struct tracing tracing;
