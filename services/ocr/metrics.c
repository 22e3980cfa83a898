#include "services/ocr/metrics.h"

#include "lib/base/clock.h"

static void write_counter(const char *name, const char *help, const atomic_llong *value,
                          struct buf *out)
{
    (void)!buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n%s %lld\n", name, help, name, name,
                      atomic_load_explicit(value, memory_order_relaxed));
}

static const char *tier_name(job_tier tier)
{
    return tier == JOB_TIER_CPU ? "cpu" : "vlm";
}

static void write_depths(const struct queue_depth *depths, size_t count, struct buf *out)
{
    (void)!buf_printf(out, "# HELP ocrmesh_ocr_queue_pages Pages that have not ended.\n"
                           "# TYPE ocrmesh_ocr_queue_pages gauge\n");
    for (size_t i = 0; i < count; i++)
        (void)!buf_printf(out,
                          "ocrmesh_ocr_queue_pages{tier=\"%s\",state=\"waiting\"} %lld\n"
                          "ocrmesh_ocr_queue_pages{tier=\"%s\",state=\"leased\"} %lld\n",
                          tier_name(depths[i].tier), (long long)depths[i].pages_waiting,
                          tier_name(depths[i].tier), (long long)depths[i].pages_leased);
    (void)!buf_printf(out,
                      "# HELP ocrmesh_ocr_queue_oldest_wait_seconds Age of the oldest job with a "
                      "waiting page.\n"
                      "# TYPE ocrmesh_ocr_queue_oldest_wait_seconds gauge\n");
    for (size_t i = 0; i < count; i++) {
        int64_t since = depths[i].oldest_waiting_time;
        double wait_seconds =
            since == 0 ? 0 : (double)(time_wall() - since) / (double)NANOSECONDS_PER_SECOND;
        (void)!buf_printf(out, "ocrmesh_ocr_queue_oldest_wait_seconds{tier=\"%s\"} %.3f\n",
                          tier_name(depths[i].tier), wait_seconds);
    }
}

void metrics_write(const struct metrics *metrics, const struct queue_depth *depths,
                   size_t depth_count, struct buf *out)
{
    write_counter("ocrmesh_ocr_pages_read_total", "Pages that were read.", &metrics->pages_read,
                  out);
    write_counter("ocrmesh_ocr_pages_failed_total", "Pages that could not be read.",
                  &metrics->pages_failed, out);
    (void)!buf_printf(
        out,
        "# HELP ocrmesh_ocr_page_seconds_total Time that workers took for pages.\n"
        "# TYPE ocrmesh_ocr_page_seconds_total counter\nocrmesh_ocr_page_seconds_total %.3f\n",
        (double)atomic_load_explicit(&metrics->page_time_ns, memory_order_relaxed) /
            (double)NANOSECONDS_PER_SECOND);
    write_counter("ocrmesh_ocr_worker_deaths_total",
                  "Worker processes that ended while they had a page.", &metrics->worker_deaths,
                  out);
    write_counter("ocrmesh_ocr_jobs_submitted_total", "Submissions that became jobs.",
                  &metrics->jobs_submitted, out);
    write_counter("ocrmesh_ocr_jobs_refused_total", "Submissions that were refused.",
                  &metrics->jobs_refused, out);
    write_counter("ocrmesh_ocr_jobs_settled_total", "Jobs that ended.", &metrics->jobs_settled,
                  out);
    write_counter("ocrmesh_ocr_settle_failures_total",
                  "Attempts to end a job that are to be repeated.", &metrics->settle_failures, out);
    if (depths != NULL)
        write_depths(depths, depth_count, out);
}
