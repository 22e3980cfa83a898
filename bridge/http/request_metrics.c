#include "bridge/http/request_metrics.h"

#include <stdatomic.h>

#include "lib/admin/histogram.h"
#include "lib/admin/prometheus.h"

enum { STATUS_MAX = 600 };

static _Atomic int64_t by_status[STATUS_MAX];
static struct histogram durations;
static _Atomic int64_t received_sum, sent_sum;

void request_metrics_count(int status, int64_t duration_ns, int64_t received_bytes,
                           int64_t sent_bytes)
{
    if (status < 0 || status >= STATUS_MAX)
        status = 0;
    atomic_fetch_add(&by_status[status], 1);
    histogram_add(&durations, duration_ns);
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

void request_metrics_write(struct buf *out)
{
    write_statuses(out);
    prometheus_head(out, "ocrmesh_bridge_request_duration_seconds", "histogram",
                    "From the head's arrival to the answer's end.");
    histogram_write(&durations, out, "ocrmesh_bridge_request_duration_seconds", "");
    prometheus_counter(out, "ocrmesh_bridge_received_bytes_total", "Bytes of request bodies.",
                       atomic_load(&received_sum));
    prometheus_counter(out, "ocrmesh_bridge_sent_bytes_total", "Bytes of response bodies.",
                       atomic_load(&sent_sum));
}
