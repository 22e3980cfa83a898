#pragma once

/*
 * The two forms that /metrics has, made of what the process wrote once: Prometheus' text (0.0.4),
 * and OpenMetrics 1.0, which names counters without `_total` in their heads, ends with `# EOF`, and
 * alone may have exemplars. Thread rule: one thread a buffer.
 */

#include <stdbool.h>

#include "lib/base/str.h"

#define OPEN_METRICS_TYPE    "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define PROMETHEUS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Whether an Accept field asks for OpenMetrics; NULL does not. */
bool open_metrics_is_wanted(const char *accept);

/* Lines as lib/admin/prometheus.h and histogram.h write them. False when `out` is full. */
bool open_metrics_write(struct str metrics, struct buf *out) _must_check_;
bool prometheus_text_write(struct str metrics, struct buf *out) _must_check_;
