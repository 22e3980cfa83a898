#include "lib/endpoint/endpoint_counts.h"

#include <stddef.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"
#include "lib/endpoint/endpoint.h"

static const int bounds_seconds[ENDPOINT_TIME_BUCKETS] = {1, 2, 5, 10, 20, 40, 80, 160};

static const char *const end_names[ENDPOINT_ENDS] = {
    [ENDPOINT_OK] = "ok",
    [ENDPOINT_REFUSED] = "refused",
    [ENDPOINT_UNREACHABLE] = "unreachable",
    [ENDPOINT_TIMEOUT] = "timeout",
    [ENDPOINT_BROKEN] = "broken",
    [ENDPOINT_TOO_LONG] = "too_long",
    [ENDPOINT_LOOPS] = "loops",
    [ENDPOINT_INTERRUPTED] = "interrupted",
};

void endpoint_counts_add(struct endpoint_counts *counts, endpoint_end end, int64_t time_ns)
{
    size_t bucket = 0;

    while (bucket < ENDPOINT_TIME_BUCKETS &&
           time_ns > bounds_seconds[bucket] * NANOSECONDS_PER_SECOND)
        bucket++;
    atomic_fetch_add(&counts->ends[end], 1);
    atomic_fetch_add(&counts->times[bucket], 1);
    atomic_fetch_add(&counts->time_ns, time_ns);
}

const char *endpoint_end_name(endpoint_end end)
{
    return end_names[end];
}

static int64_t value_of(const atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* --- families of metrics: a line for each endpoint --- */

static void write_calls(struct buf *out, struct endpoint *endpoint)
{
    const struct endpoint_counts *counts = endpoint_counted(endpoint);

    for (size_t i = 0; i < ENDPOINT_ENDS; i++)
        prometheus_integer(out, value_of(&counts->ends[i]),
                           "ocrmesh_endpoint_calls_total{endpoint=\"%s\",end=\"%s\"}",
                           endpoint_name(endpoint), end_names[i]);
}

static void write_times(struct buf *out, struct endpoint *endpoint)
{
    const struct endpoint_counts *counts = endpoint_counted(endpoint);
    const char *name = endpoint_name(endpoint);
    int64_t sum = 0;

    for (size_t i = 0; i < ENDPOINT_TIME_BUCKETS; i++) {
        sum += value_of(&counts->times[i]);
        prometheus_integer(out, sum,
                           "ocrmesh_endpoint_call_seconds_bucket{endpoint=\"%s\",le=\"%d.0\"}",
                           name, bounds_seconds[i]);
    }
    sum += value_of(&counts->times[ENDPOINT_TIME_BUCKETS]);
    prometheus_integer(out, sum,
                       "ocrmesh_endpoint_call_seconds_bucket{endpoint=\"%s\",le=\"+Inf\"}", name);
    prometheus_real(out, (double)value_of(&counts->time_ns) / (double)NANOSECONDS_PER_SECOND,
                    "ocrmesh_endpoint_call_seconds_sum{endpoint=\"%s\"}", name);
    prometheus_integer(out, sum, "ocrmesh_endpoint_call_seconds_count{endpoint=\"%s\"}", name);
}

static void write_retries(struct buf *out, struct endpoint *endpoint)
{
    prometheus_integer(out, value_of(&endpoint_counted(endpoint)->retries),
                       "ocrmesh_endpoint_retries_total{endpoint=\"%s\"}", endpoint_name(endpoint));
}

static void write_calls_now(struct buf *out, struct endpoint *endpoint)
{
    prometheus_integer(out, value_of(&endpoint_counted(endpoint)->calls_now),
                       "ocrmesh_endpoint_calls_now{endpoint=\"%s\"}", endpoint_name(endpoint));
}

static void write_open(struct buf *out, struct endpoint *endpoint)
{
    int64_t openings;

    prometheus_integer(out, endpoint_is_left_alone(endpoint, &openings),
                       "ocrmesh_endpoint_breaker_open{endpoint=\"%s\"}", endpoint_name(endpoint));
}

static void write_openings(struct buf *out, struct endpoint *endpoint)
{
    int64_t openings;

    (void)endpoint_is_left_alone(endpoint, &openings);
    prometheus_integer(out, openings, "ocrmesh_endpoint_breaker_openings_total{endpoint=\"%s\"}",
                       endpoint_name(endpoint));
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    void (*write)(struct buf *out, struct endpoint *endpoint);
} families[] = {
    {"ocrmesh_endpoint_calls_total", "counter", "Calls of an endpoint, by how they ended.",
     write_calls},
    {"ocrmesh_endpoint_call_seconds", "histogram", "Time of calls of an endpoint.", write_times},
    {"ocrmesh_endpoint_retries_total", "counter", "Calls of an endpoint that were repetitions.",
     write_retries},
    {"ocrmesh_endpoint_calls_now", "gauge",
     "Calls of an endpoint under way, pauses between attempts included.", write_calls_now},
    {"ocrmesh_endpoint_breaker_open", "gauge", "1 while the endpoint is left alone after failures.",
     write_open},
    {"ocrmesh_endpoint_breaker_openings_total", "counter",
     "How often the endpoint was given up for a while.", write_openings},
};

void endpoint_write_metrics(struct buf *out, struct endpoint *const *endpoints, size_t count)
{
    for (size_t f = 0; count > 0 && f < ARRAY_LENGTH(families); f++) {
        prometheus_head(out, families[f].name, families[f].type, families[f].help);
        for (size_t i = 0; i < count; i++)
            families[f].write(out, endpoints[i]);
    }
}
