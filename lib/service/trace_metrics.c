#include "lib/service/trace_metrics.h"

#include "lib/admin/prometheus.h"
#include "lib/trace/trace.h"

void trace_metrics_write(struct buf *out)
{
    if (!trace_is_on())
        return;
    const struct trace_counts counts = trace_counts();
    prometheus_counter(out, "ocrmesh_trace_spans_exported_total",
                       "Spans that the receiver of traces took.", counts.exported);
    prometheus_head(out, "ocrmesh_trace_spans_dropped_total", "counter",
                    "Spans that were dropped: the queue was full, or the receiver did not take "
                    "them.");
    prometheus_integer(out, counts.dropped_full,
                       "ocrmesh_trace_spans_dropped_total{reason=\"queue_full\"}");
    prometheus_integer(out, counts.dropped_lost,
                       "ocrmesh_trace_spans_dropped_total{reason=\"not_taken\"}");
}
