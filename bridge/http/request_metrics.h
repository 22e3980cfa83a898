#pragma once

/*
 * What the bridge counts about requests, for /metrics (lib/admin).
 *
 * Process-wide counters. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/str.h"

/* A request has ended; the thread's trace is the request's. @status: 0 when the client went away
 * before an answer began. */
void request_metrics_count(int status, int64_t duration_ns, int64_t received_bytes,
                           int64_t sent_bytes);

/* Appends all of it; what does not fit is left out. */
void request_metrics_write(struct buf *out);
