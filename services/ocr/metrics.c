#include "services/ocr/metrics.h"

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

static int64_t read_counter(const atomic_llong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static const char *tier_name(job_tier tier)
{
    return tier == JOB_TIER_CPU ? "cpu" : "vlm";
}

static void write_depths(const struct queue_depth *depths, size_t count, struct buf *out)
{
    prometheus_head(out, "ocrmesh_ocr_queue_pages", "gauge", "Pages that have not ended.");
    for (size_t i = 0; i < count; i++) {
        const char *tier = tier_name(depths[i].tier);

        prometheus_integer(out, depths[i].pages_waiting,
                           "ocrmesh_ocr_queue_pages{tier=\"%s\",state=\"waiting\"}", tier);
        prometheus_integer(out, depths[i].pages_leased,
                           "ocrmesh_ocr_queue_pages{tier=\"%s\",state=\"leased\"}", tier);
    }
    prometheus_head(out, "ocrmesh_ocr_queue_oldest_wait_seconds", "gauge",
                    "Age of the oldest job with a waiting page.");
    for (size_t i = 0; i < count; i++) {
        int64_t since = depths[i].oldest_waiting_time;

        prometheus_real(
            out, since == 0 ? 0 : (double)(time_wall() - since) / (double)NANOSECONDS_PER_SECOND,
            "ocrmesh_ocr_queue_oldest_wait_seconds{tier=\"%s\"}", tier_name(depths[i].tier));
    }
}

static void write_workers(const struct metrics *metrics, struct buf *out)
{
    const int64_t busy = read_counter(&metrics->workers_busy);

    prometheus_head(out, "ocrmesh_ocr_workers", "gauge", "Worker processes that read pages.");
    prometheus_integer(out, busy, "ocrmesh_ocr_workers{state=\"busy\"}");
    prometheus_integer(out, read_counter(&metrics->workers) - busy,
                       "ocrmesh_ocr_workers{state=\"idle\"}");
}

void metrics_write(struct metrics *metrics, const struct queue_depth *depths, size_t depth_count,
                   struct buf *out)
{
    prometheus_counter(out, "ocrmesh_ocr_pages_read_total", "Pages that were read.",
                       read_counter(&metrics->pages_read));
    prometheus_counter(out, "ocrmesh_ocr_pages_failed_total", "Pages that could not be read.",
                       read_counter(&metrics->pages_failed));
    prometheus_head(out, "ocrmesh_ocr_page_duration_seconds", "histogram",
                    "Time that workers took for pages that were read.");
    histogram_write(&metrics->page_duration, out, "ocrmesh_ocr_page_duration_seconds", "");
    prometheus_head(out, "ocrmesh_ocr_queue_wait_seconds", "histogram",
                    "From a job's submission until a page of it was leased.");
    histogram_write(&metrics->queue_wait, out, "ocrmesh_ocr_queue_wait_seconds", "");
    write_workers(metrics, out);
    prometheus_counter(out, "ocrmesh_ocr_worker_deaths_total",
                       "Worker processes that ended while they had a page.",
                       read_counter(&metrics->worker_deaths));
    prometheus_counter(out, "ocrmesh_ocr_worker_replacements_total",
                       "Worker processes that were replaced for want of memory or a failure.",
                       read_counter(&metrics->worker_replacements));
    prometheus_counter(out, "ocrmesh_ocr_jobs_submitted_total", "Submissions that became jobs.",
                       read_counter(&metrics->jobs_submitted));
    prometheus_counter(out, "ocrmesh_ocr_jobs_refused_total", "Submissions that were refused.",
                       read_counter(&metrics->jobs_refused));
    prometheus_counter(out, "ocrmesh_ocr_jobs_settled_total", "Jobs that ended.",
                       read_counter(&metrics->jobs_settled));
    prometheus_counter(out, "ocrmesh_ocr_settle_failures_total",
                       "Attempts to end a job that are to be repeated.",
                       read_counter(&metrics->settle_failures));
    prometheus_counter(out, "ocrmesh_ocr_webhooks_delivered_total",
                       "Notices of jobs that were answered with 2xx.",
                       read_counter(&metrics->webhooks_delivered));
    prometheus_counter(out, "ocrmesh_ocr_webhook_failures_total",
                       "Attempts to post a notice that were not.",
                       read_counter(&metrics->webhook_failures));
    prometheus_counter(out, "ocrmesh_ocr_webhooks_given_up_total",
                       "Notices that are tried no more.",
                       read_counter(&metrics->webhooks_given_up));
    if (depths != NULL)
        write_depths(depths, depth_count, out);
}
