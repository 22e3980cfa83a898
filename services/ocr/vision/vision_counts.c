#include "services/ocr/vision/vision_counts.h"

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

static const int bounds_seconds[VISION_TIME_BUCKETS] = {1, 2, 5, 10, 20, 40, 80, 160};

static const char *const end_names[VISION_ENDS] = {
    [VISION_OK] = "ok",
    [VISION_REFUSED] = "refused",
    [VISION_UNREACHABLE] = "unreachable",
    [VISION_TIMEOUT] = "timeout",
    [VISION_BROKEN] = "broken",
    [VISION_TOO_LONG] = "too_long",
    [VISION_LOOPS] = "loops",
    [VISION_INTERRUPTED] = "interrupted",
};

void vision_counts_add(struct vision_counts *counts, vision_end end, int64_t time_ns)
{
    size_t bucket = 0;

    while (bucket < VISION_TIME_BUCKETS &&
           time_ns > bounds_seconds[bucket] * NANOSECONDS_PER_SECOND)
        bucket++;
    atomic_fetch_add(&counts->ends[end], 1);
    atomic_fetch_add(&counts->times[bucket], 1);
    atomic_fetch_add(&counts->time_ns, time_ns);
}

static int64_t value_of(const atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void write_times(const struct vision_counts *counts, struct buf *out)
{
    int64_t sum = 0;

    prometheus_head(out, "ocrmesh_ocr_vision_call_seconds", "histogram",
                    "Time of calls of the vision endpoint.");
    for (size_t i = 0; i < VISION_TIME_BUCKETS; i++) {
        sum += value_of(&counts->times[i]);
        prometheus_integer(out, sum, "ocrmesh_ocr_vision_call_seconds_bucket{le=\"%d\"}",
                           bounds_seconds[i]);
    }
    sum += value_of(&counts->times[VISION_TIME_BUCKETS]);
    prometheus_integer(out, sum, "ocrmesh_ocr_vision_call_seconds_bucket{le=\"+Inf\"}");
    prometheus_real(out, (double)value_of(&counts->time_ns) / (double)NANOSECONDS_PER_SECOND,
                    "ocrmesh_ocr_vision_call_seconds_sum");
    prometheus_integer(out, sum, "ocrmesh_ocr_vision_call_seconds_count");
}

void vision_counts_write(const struct vision_counts *counts, bool is_open, int64_t openings,
                         struct buf *out)
{
    prometheus_head(out, "ocrmesh_ocr_vision_calls_total", "counter",
                    "Calls of the vision endpoint, by how they ended.");
    for (size_t i = 0; i < VISION_ENDS; i++)
        prometheus_integer(out, value_of(&counts->ends[i]),
                           "ocrmesh_ocr_vision_calls_total{end=\"%s\"}", end_names[i]);
    write_times(counts, out);
    prometheus_counter(out, "ocrmesh_ocr_vision_retries_total",
                       "Calls of the vision endpoint that were repetitions.",
                       value_of(&counts->retries));
    prometheus_head(out, "ocrmesh_ocr_vision_calls_now", "gauge",
                    "Calls of the vision endpoint under way, pauses between attempts included.");
    prometheus_integer(out, value_of(&counts->calls_now), "ocrmesh_ocr_vision_calls_now");
    prometheus_head(out, "ocrmesh_ocr_vision_breaker_open", "gauge",
                    "1 while the vision endpoint is left alone after failures.");
    prometheus_integer(out, is_open, "ocrmesh_ocr_vision_breaker_open");
    prometheus_counter(out, "ocrmesh_ocr_vision_breaker_openings_total",
                       "How often the vision endpoint was given up for a while.", openings);
    prometheus_head(out, "ocrmesh_ocr_vision_pages_total", "counter",
                    "Pages of the vlm tier, by whose reading was kept.");
    prometheus_integer(out, value_of(&counts->pages_of_model),
                       "ocrmesh_ocr_vision_pages_total{reading=\"model\"}");
    prometheus_integer(out, value_of(&counts->pages_without),
                       "ocrmesh_ocr_vision_pages_total{reading=\"embedded\"}");
}
