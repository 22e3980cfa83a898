#include "bridge/http/request_metrics.h"

#include <stdatomic.h>

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

enum {
    STATUS_MAX = 600,
    BUCKET_COUNT = 10,
};

static const int64_t bucket_ms[BUCKET_COUNT] = {5, 10, 25, 50, 100, 250, 1000, 5000, 30000, 120000};

static _Atomic int64_t by_status[STATUS_MAX];
static _Atomic int64_t by_bucket[BUCKET_COUNT + 1]; /* the last one: all that took longer */
static _Atomic int64_t duration_sum_ns;
static _Atomic int64_t received_sum, sent_sum;

void request_metrics_count(int status, int64_t duration_ns, int64_t received_bytes,
                           int64_t sent_bytes)
{
    size_t bucket = 0;

    if (status < 0 || status >= STATUS_MAX)
        status = 0;
    while (bucket < BUCKET_COUNT && duration_ns > bucket_ms[bucket] * NANOSECONDS_PER_MS)
        bucket++;
    atomic_fetch_add(&by_status[status], 1);
    atomic_fetch_add(&by_bucket[bucket], 1);
    atomic_fetch_add(&duration_sum_ns, duration_ns);
    atomic_fetch_add(&received_sum, received_bytes);
    atomic_fetch_add(&sent_sum, sent_bytes);
}

static void write_statuses(struct buf *out)
{
    prometheus_head(out, "ocrmesh_bridge_requests_total", "counter",
                    "Requests that have ended; status 0: the client left before an answer.");
    for (int status = 0; status < STATUS_MAX; status++) {
        int64_t count = atomic_load(&by_status[status]);

        if (count > 0)
            prometheus_integer(out, count, "ocrmesh_bridge_requests_total{status=\"%d\"}", status);
    }
}

static void write_durations(struct buf *out)
{
    int64_t total = 0;

    prometheus_head(out, "ocrmesh_bridge_request_duration_seconds", "histogram",
                    "From the head's arrival to the answer's end.");
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        total += atomic_load(&by_bucket[i]);
        prometheus_integer(out, total, "ocrmesh_bridge_request_duration_seconds_bucket{le=\"%g\"}",
                           (double)bucket_ms[i] / 1000.0);
    }
    total += atomic_load(&by_bucket[BUCKET_COUNT]);
    prometheus_integer(out, total, "ocrmesh_bridge_request_duration_seconds_bucket{le=\"+Inf\"}");
    prometheus_real(out, (double)atomic_load(&duration_sum_ns) / (double)NANOSECONDS_PER_SECOND,
                    "ocrmesh_bridge_request_duration_seconds_sum");
    prometheus_integer(out, total, "ocrmesh_bridge_request_duration_seconds_count");
}

void request_metrics_write(struct buf *out)
{
    write_statuses(out);
    write_durations(out);
    prometheus_counter(out, "ocrmesh_bridge_received_bytes_total", "Bytes of request bodies.",
                       atomic_load(&received_sum));
    prometheus_counter(out, "ocrmesh_bridge_sent_bytes_total", "Bytes of response bodies.",
                       atomic_load(&sent_sum));
}
