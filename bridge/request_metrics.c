#include "bridge/request_metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

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

static bool write_statuses(struct buf *out)
{
    if (!buf_append_str(out, "# HELP ocrmesh_bridge_requests_total Requests that have ended; "
                             "status 0: the client left before an answer.\n"
                             "# TYPE ocrmesh_bridge_requests_total counter\n"))
        return false;
    for (int status = 0; status < STATUS_MAX; status++) {
        int64_t count = atomic_load(&by_status[status]);

        if (count > 0 &&
            !buf_printf(out, "ocrmesh_bridge_requests_total{status=\"%d\"} %" PRId64 "\n", status,
                        count))
            return false;
    }
    return true;
}

static bool write_durations(struct buf *out)
{
    int64_t total = 0;

    if (!buf_append_str(out, "# HELP ocrmesh_bridge_request_duration_seconds From the head's "
                             "arrival to the answer's end.\n"
                             "# TYPE ocrmesh_bridge_request_duration_seconds histogram\n"))
        return false;
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        total += atomic_load(&by_bucket[i]);
        if (!buf_printf(out,
                        "ocrmesh_bridge_request_duration_seconds_bucket{le=\"%g\"} %" PRId64 "\n",
                        (double)bucket_ms[i] / 1000.0, total))
            return false;
    }
    total += atomic_load(&by_bucket[BUCKET_COUNT]);
    return buf_printf(out,
                      "ocrmesh_bridge_request_duration_seconds_bucket{le=\"+Inf\"} %" PRId64 "\n"
                      "ocrmesh_bridge_request_duration_seconds_sum %.6f\n"
                      "ocrmesh_bridge_request_duration_seconds_count %" PRId64 "\n",
                      total, (double)atomic_load(&duration_sum_ns) / (double)NANOSECONDS_PER_SECOND,
                      total);
}

void request_metrics_write(struct buf *out)
{
    bool is_written =
        write_statuses(out) && write_durations(out) &&
        buf_printf(out,
                   "# HELP ocrmesh_bridge_received_bytes_total Bytes of request bodies.\n"
                   "# TYPE ocrmesh_bridge_received_bytes_total counter\n"
                   "ocrmesh_bridge_received_bytes_total %" PRId64 "\n"
                   "# HELP ocrmesh_bridge_sent_bytes_total Bytes of response bodies.\n"
                   "# TYPE ocrmesh_bridge_sent_bytes_total counter\n"
                   "ocrmesh_bridge_sent_bytes_total %" PRId64 "\n",
                   atomic_load(&received_sum), atomic_load(&sent_sum));
    (void)is_written;
}
