#include "lib/admin/histogram.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

enum { LINE_MAX_BYTES = 512 };

/* As OpenMetrics writes numbers: with a point, always. */
static const struct {
    int64_t ms;
    const char *text;
} bounds[HISTOGRAM_BOUNDS] = {
    {5, "0.005"},    {10, "0.01"},    {25, "0.025"},   {50, "0.05"},      {100, "0.1"},
    {250, "0.25"},   {500, "0.5"},    {1000, "1.0"},   {2500, "2.5"},     {5000, "5.0"},
    {10000, "10.0"}, {30000, "30.0"}, {60000, "60.0"}, {120000, "120.0"},
};

static double seconds(int64_t ns)
{
    return (double)ns / (double)NANOSECONDS_PER_SECOND;
}

/* One that cannot be noted at once is not noted: another one comes. */
static void note_exemplar(struct histogram *histogram, size_t bucket, int64_t duration_ns)
{
    const struct trace_context *context = trace_context_current();

    if (!context->is_valid || !context->is_sampled ||
        atomic_exchange_explicit(&histogram->is_taken, true, memory_order_acquire))
        return;
    struct histogram_exemplar *exemplar = &histogram->exemplars[bucket];
    trace_context_ids(context, exemplar->trace_id, exemplar->span_id);
    exemplar->duration_ns = duration_ns;
    exemplar->time_wall_ns = time_wall();
    atomic_store_explicit(&histogram->is_taken, false, memory_order_release);
}

void histogram_add(struct histogram *histogram, int64_t duration_ns)
{
    size_t bucket = 0;

    while (bucket < HISTOGRAM_BOUNDS && duration_ns > bounds[bucket].ms * NANOSECONDS_PER_MS)
        bucket++;
    atomic_fetch_add_explicit(&histogram->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, duration_ns, memory_order_relaxed);
    note_exemplar(histogram, bucket, duration_ns);
}

int64_t histogram_count(const struct histogram *histogram)
{
    int64_t total = 0;

    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        total += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
    return total;
}

/* False when they are being written: this answer goes without them. */
static bool copy_exemplars(struct histogram *histogram,
                           struct histogram_exemplar copy[static HISTOGRAM_BOUNDS + 1])
{
    if (atomic_exchange_explicit(&histogram->is_taken, true, memory_order_acquire))
        return false;
    memcpy(copy, histogram->exemplars, sizeof(histogram->exemplars));
    atomic_store_explicit(&histogram->is_taken, false, memory_order_release);
    return true;
}

static void write_bucket(struct buf *out, const char *name, const char *labels, const char *bound,
                         int64_t total, const struct histogram_exemplar *exemplar)
{
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof(line), "%s_bucket{%s%sle=\"%s\"} %" PRId64, name, labels,
                          labels[0] != '\0' ? "," : "", bound, total);

    if (length >= (int)sizeof(line))
        return;
    if (exemplar->trace_id[0] != '\0')
        length += snprintf(line + length, sizeof(line) - (size_t)length,
                           " # {trace_id=\"%s\",span_id=\"%s\"} %.6f %.3f", exemplar->trace_id,
                           exemplar->span_id, seconds(exemplar->duration_ns),
                           seconds(exemplar->time_wall_ns));
    if (length < (int)sizeof(line))
        (void)!buf_printf(out, "%s\n", line);
}

void histogram_write(struct histogram *histogram, struct buf *out, const char *name,
                     const char *labels)
{
    struct histogram_exemplar exemplars[HISTOGRAM_BOUNDS + 1] = {0};
    const char *open = labels[0] != '\0' ? "{" : "", *close = labels[0] != '\0' ? "}" : "";
    int64_t total = 0;

    (void)copy_exemplars(histogram, exemplars);
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        total += atomic_load_explicit(&histogram->buckets[i], memory_order_relaxed);
        write_bucket(out, name, labels, i < HISTOGRAM_BOUNDS ? bounds[i].text : "+Inf", total,
                     &exemplars[i]);
    }
    prometheus_real(out, seconds(atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed)),
                    "%s_sum%s%s%s", name, open, labels, close);
    prometheus_integer(out, total, "%s_count%s%s%s", name, open, labels, close);
}
