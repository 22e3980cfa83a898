#pragma once

/*
 * Metrics in the text format of Prometheus (0.0.4), for admin_options.write_metrics: of each metric
 * its head, then its samples, with no other metric in between.
 *
 *     prometheus_head(out, "ocrmesh_ocr_queue_pages", "gauge", "Pages that have not ended.");
 *     prometheus_integer(out, waiting, "ocrmesh_ocr_queue_pages{tier=\"%s\"}", tier);
 *
 * A line that does not fit into the buffer is left out. Thread rule: one thread a buffer.
 */

#include "lib/base/str.h"

/* @type: "counter", "gauge" or "histogram". @help: one sentence. */
void prometheus_head(struct buf *out, const char *name, const char *type, const char *help);

/* @format: the name with its labels. Label values hold neither quotes nor line ends. */
void prometheus_integer(struct buf *out, int64_t value, const char *format, ...) _printf_(3, 4);
/* To the microsecond, where it is seconds. */
void prometheus_real(struct buf *out, double value, const char *format, ...) _printf_(3, 4);

/* Both at once, for a counter without labels. */
void prometheus_counter(struct buf *out, const char *name, const char *help, int64_t value);
