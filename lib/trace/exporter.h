#pragma once

/*
 * The queue of ended spans, and the thread that sends them.
 *
 * A batch that the receiver does not take for the moment (no connection, 429, 502, 503, 504: the
 * OTLP specification) is sent again with growing pauses, EXPORTER_ATTEMPTS_MAX times in all; what
 * it refuses, or does not get, is dropped and counted. That the receiver is away is logged once,
 * and once when it is back. Thread rule: any thread hands in; one starts and stops.
 */

#include "lib/trace/otlp.h"

struct exporter;

enum {
    EXPORTER_ATTEMPTS_MAX = 5,
    EXPORTER_PAUSE_FIRST_MS = 500,
    EXPORTER_PAUSE_MAX_MS = 8000,
};

struct exporter_options {
    const struct trace_options *trace; /* copied; its text is borrowed */
    struct otlp_pairs headers;         /* borrowed text */
    struct otlp_pairs resource;
};

status_code exporter_start(const struct exporter_options *options, struct exporter **ret_exporter,
                           struct status *st) _must_check_;
/* Takes the span; never waits. */
void exporter_hand_in(struct exporter *exporter, struct trace_span *span);
struct trace_counts exporter_counts(const struct exporter *exporter);
/* Sends what is left, for TRACE_STOP_TIMEOUT_MS at most. Returns the last counts. */
struct trace_counts exporter_stop(struct exporter *exporter);
