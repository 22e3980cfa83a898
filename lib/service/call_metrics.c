#include "lib/service/call_metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/admin/histogram.h"
#include "lib/admin/prometheus.h"

enum { CODE_COUNT = STATUS_UNAUTHENTICATED + 1, LABELS_MAX_BYTES = 192 };

struct method_counters {
    const char *service;
    const char *method;
    atomic_llong calls[CODE_COUNT];
    struct histogram duration;
};

struct call_metrics {
    size_t count;
    struct method_counters methods[];
};

struct call_metrics *call_metrics_new(const struct rpc_service *const *services,
                                      size_t service_count)
{
    struct call_metrics *metrics;
    size_t count = 0;

    for (size_t i = 0; i < service_count; i++)
        count += services[i]->descriptor->n_methods;
    metrics = calloc(1, sizeof(*metrics) + count * sizeof(metrics->methods[0]));
    if (metrics == NULL)
        return NULL;
    for (size_t i = 0; i < service_count; i++) {
        const ProtobufCServiceDescriptor *descriptor = services[i]->descriptor;

        for (unsigned k = 0; k < descriptor->n_methods; k++) {
            struct method_counters *counters = &metrics->methods[metrics->count++];

            counters->service = descriptor->name;
            counters->method = descriptor->methods[k].name;
        }
    }
    return metrics;
}

void call_metrics_free(struct call_metrics *metrics)
{
    free(metrics);
}

static bool is_path_of(const char *path, const struct method_counters *counters)
{
    size_t service_length = strlen(counters->service);

    return path[0] == '/' && strncmp(path + 1, counters->service, service_length) == 0 &&
           path[1 + service_length] == '/' &&
           strcmp(path + service_length + 2, counters->method) == 0;
}

void call_metrics_add(struct call_metrics *metrics, const char *method, status_code code,
                      int64_t duration_ns)
{
    size_t column = (size_t)code < CODE_COUNT ? (size_t)code : STATUS_UNKNOWN;

    for (size_t i = 0; i < metrics->count; i++) {
        struct method_counters *counters = &metrics->methods[i];

        if (!is_path_of(method, counters))
            continue;
        atomic_fetch_add_explicit(&counters->calls[column], 1, memory_order_relaxed);
        histogram_add(&counters->duration, duration_ns);
        return;
    }
}

static void write_calls(const struct method_counters *counters, struct buf *out)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        long long calls = atomic_load_explicit(&counters->calls[i], memory_order_relaxed);

        if (calls > 0)
            prometheus_integer(out, calls, "ocrmesh_rpc_calls_total{method=\"%s/%s\",code=\"%s\"}",
                               counters->service, counters->method,
                               status_code_name((status_code)i));
    }
}

static void write_durations(struct method_counters *counters, struct buf *out)
{
    char labels[LABELS_MAX_BYTES];

    if (histogram_count(&counters->duration) == 0 ||
        snprintf(labels, sizeof(labels), "method=\"%s/%s\"", counters->service, counters->method) >=
            (int)sizeof(labels))
        return;
    histogram_write(&counters->duration, out, "ocrmesh_rpc_call_duration_seconds", labels);
}

void call_metrics_write(struct call_metrics *metrics, struct buf *out)
{
    prometheus_head(out, "ocrmesh_rpc_calls_total", "counter", "Calls that ended.");
    for (size_t i = 0; i < metrics->count; i++)
        write_calls(&metrics->methods[i], out);
    prometheus_head(out, "ocrmesh_rpc_call_duration_seconds", "histogram",
                    "From a call's arrival to its end.");
    for (size_t i = 0; i < metrics->count; i++)
        write_durations(&metrics->methods[i], out);
}
