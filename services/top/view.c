#include "services/top/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

enum { LINE_MAX_BYTES = 256, DURATION_SIZE = 16, METHODS_SEEN_MAX = 128 };

/* Calls that are a mistake of ours, or of what we need. */
static const char *const failure_codes[] = {"code=\"INTERNAL\"", "code=\"UNKNOWN\"",
                                            "code=\"DATA_LOSS\"", "code=\"UNAVAILABLE\"",
                                            "code=\"DEADLINE_EXCEEDED\""};

#define CALLS        "ocrmesh_rpc_calls_total"
#define CALL_TIME    "ocrmesh_rpc_call_duration_seconds"
#define REQUESTS     "ocrmesh_bridge_requests_total"
#define REQUEST_TIME "ocrmesh_bridge_request_duration_seconds"
#define QUEUE        "ocrmesh_ocr_queue_pages"
#define OLDEST       "ocrmesh_ocr_queue_oldest_wait_seconds"
#define PAGE_TIME    "ocrmesh_ocr_page_duration_seconds"
#define WORKERS      "ocrmesh_ocr_workers"

struct view {
    const struct process *processes;
    size_t count;
    int columns;
    struct buf *out;
    bool is_full;
};

static void _printf_(2, 3) line(struct view *view, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(text))
        length = (int)sizeof(text) - 1;
    if (view->columns > 0 && length > view->columns)
        length = view->columns;
    if (!buf_append(view->out, text, (size_t)length) || !buf_append_char(view->out, '\n'))
        view->is_full = true;
}

/* "35 ms", "1.2 s", "4 min"; "-" for less than nothing. */
static const char *duration(double seconds, char text[static DURATION_SIZE])
{
    if (seconds < 0)
        return "-";
    if (seconds < 1)
        (void)snprintf(text, DURATION_SIZE, "%.0f ms", seconds * 1000);
    else if (seconds < 120)
        (void)snprintf(text, DURATION_SIZE, "%.1f s", seconds);
    else
        (void)snprintf(text, DURATION_SIZE, "%.0f min", seconds / 60);
    return text;
}

static double failures(const struct process *process, const char *method)
{
    double rate = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(failure_codes); i++) {
        char filter[LINE_MAX_BYTES];

        (void)snprintf(filter, sizeof(filter), "%s%s", method, failure_codes[i]);
        rate += sample_set_rate(&process->now, &process->before, CALLS, filter);
    }
    return rate;
}

static void write_process(struct view *view, const struct process *process)
{
    static const char *const states[] = {"away", "not ready", "ready"};
    const struct sample_set *now = &process->now, *before = &process->before;
    const bool is_bridge = strcmp(process->name, "bridge") == 0;
    const char *time = is_bridge ? REQUEST_TIME : CALL_TIME;
    char median[DURATION_SIZE], tail[DURATION_SIZE];

    if (process->state == PROCESS_AWAY) {
        line(view, "%-8s %-22s %s", process->name, process->address, states[process->state]);
        return;
    }
    line(view, "%-8s %-22s %-10s %8.1f %10.1f %9s %9s", process->name, process->address,
         states[process->state], sample_set_rate(now, before, is_bridge ? REQUESTS : CALLS, ""),
         is_bridge ? sample_set_rate(now, before, REQUESTS, "status=\"5") : failures(process, ""),
         duration(sample_set_quantile(now, before, time, "", 0.5), median),
         duration(sample_set_quantile(now, before, time, "", 0.99), tail));
}

/* Over all processes. */
static double rate(const struct view *view, const char *name, const char *filter)
{
    double sum = 0;

    for (size_t i = 0; i < view->count; i++)
        sum += sample_set_rate(&view->processes[i].now, &view->processes[i].before, name, filter);
    return sum;
}

static double sum(const struct view *view, const char *name, const char *filter)
{
    double total = 0;

    for (size_t i = 0; i < view->count; i++)
        total += sample_set_sum(&view->processes[i].now, name, filter);
    return total;
}

/* Of the queue, of which each replica tells the whole. */
static double highest(const struct view *view, const char *name, const char *filter)
{
    double most = 0;

    for (size_t i = 0; i < view->count; i++) {
        double value = sample_set_sum(&view->processes[i].now, name, filter);

        most = value > most ? value : most;
    }
    return most;
}

/* The slowest replica's. */
static double slowest(const struct view *view, const char *histogram, double quantile)
{
    double most = -1;

    for (size_t i = 0; i < view->count; i++) {
        double value = sample_set_quantile(&view->processes[i].now, &view->processes[i].before,
                                           histogram, "", quantile);

        most = value > most ? value : most;
    }
    return most;
}

static void write_queue(struct view *view)
{
    static const char *const tiers[] = {"cpu", "vlm"};

    line(view, "%-8s %8s %8s %12s", "TIER", "WAITING", "LEASED", "OLDEST WAIT");
    for (size_t i = 0; i < ARRAY_LENGTH(tiers); i++) {
        char waiting[64], leased[64], tier[32], wait[DURATION_SIZE];

        (void)snprintf(tier, sizeof(tier), "tier=\"%s\"", tiers[i]);
        (void)snprintf(waiting, sizeof(waiting), "%s,state=\"waiting\"", tier);
        (void)snprintf(leased, sizeof(leased), "%s,state=\"leased\"", tier);
        double oldest = highest(view, OLDEST, tier);
        line(view, "%-8s %8.0f %8.0f %12s", tiers[i], highest(view, QUEUE, waiting),
             highest(view, QUEUE, leased), duration(oldest > 0 ? oldest : -1, wait));
    }
}

static void write_pages(struct view *view)
{
    const double busy = sum(view, WORKERS, "state=\"busy\"");
    char median[DURATION_SIZE], tail[DURATION_SIZE];

    line(view, "workers  %.0f of %.0f at work, %.1f died a minute", busy,
         busy + sum(view, WORKERS, "state=\"idle\""),
         60 * rate(view, "ocrmesh_ocr_worker_deaths_total", ""));
    line(view, "pages    %.1f read a second, %.1f failed, p50 %s, p99 %s",
         rate(view, "ocrmesh_ocr_pages_read_total", ""),
         rate(view, "ocrmesh_ocr_pages_failed_total", ""),
         duration(slowest(view, PAGE_TIME, 0.5), median),
         duration(slowest(view, PAGE_TIME, 0.99), tail));
    line(view, "jobs     %.1f submitted a second, %.1f ended, %.1f refused, %.1f not charged yet",
         rate(view, "ocrmesh_ocr_jobs_submitted_total", ""),
         rate(view, "ocrmesh_ocr_jobs_settled_total", ""),
         rate(view, "ocrmesh_ocr_jobs_refused_total", ""),
         rate(view, "ocrmesh_ocr_settle_failures_total", ""));
}

struct method {
    const struct process *process;
    struct str name;
    double rate;
};

static bool is_seen(const struct method *methods, size_t count, const struct process *process,
                    struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (methods[i].process == process && str_equal(methods[i].name, name))
            return true;
    return false;
}

static int by_rate(const void *a, const void *b)
{
    const struct method *left = a, *right = b;

    return left->rate > right->rate ? -1 : left->rate < right->rate;
}

/* A sample for each code; each method once. */
static size_t collect_methods(const struct view *view, struct method methods[METHODS_SEEN_MAX])
{
    size_t count = 0;

    for (size_t p = 0; p < view->count; p++) {
        const struct process *process = &view->processes[p];

        for (size_t i = 0; i < process->now.count && count < METHODS_SEEN_MAX; i++) {
            const struct sample *sample = &process->now.samples[i];
            char filter[LINE_MAX_BYTES];
            struct str name;

            if (!str_equal(sample->name, str_of(CALLS)) || !sample_label(sample, "method", &name) ||
                is_seen(methods, count, process, name))
                continue;
            (void)snprintf(filter, sizeof(filter), "method=\"%.*s\"", (int)name.n, name.p);
            methods[count++] = (struct method){
                process, name, sample_set_rate(&process->now, &process->before, CALLS, filter)};
        }
    }
    qsort(methods, count, sizeof(methods[0]), by_rate);
    return count;
}

static void write_methods(struct view *view)
{
    struct method methods[METHODS_SEEN_MAX];
    size_t count = collect_methods(view, methods);

    line(view, "%-52s %8s %10s %9s", "METHOD", "CALLS/S", "ERRORS/S", "P99");
    for (size_t i = 0; i < count && i < VIEW_METHODS_MAX && methods[i].rate > 0; i++) {
        const struct method *method = &methods[i];
        const struct process *process = method->process;
        char of_method[LINE_MAX_BYTES], of_code[LINE_MAX_BYTES + 1], tail[DURATION_SIZE];

        (void)snprintf(of_method, sizeof(of_method), "method=\"%.*s\"", (int)method->name.n,
                       method->name.p);
        (void)snprintf(of_code, sizeof(of_code), "%s,", of_method);
        line(view, "%-52.*s %8.1f %10.1f %9s", (int)method->name.n, method->name.p, method->rate,
             failures(process, of_code),
             duration(
                 sample_set_quantile(&process->now, &process->before, CALL_TIME, of_method, 0.99),
                 tail));
    }
}

bool view_write(const struct process *processes, size_t count, int columns, struct buf *out)
{
    struct view view = {processes, count, columns, out, false};

    line(&view, "%-8s %-22s %-10s %8s %10s %9s %9s", "PROCESS", "ADMIN PORT", "STATE", "RATE/S",
         "ERRORS/S", "P50", "P99");
    for (size_t i = 0; i < count; i++)
        write_process(&view, &processes[i]);
    line(&view, "%s", "");
    write_queue(&view);
    line(&view, "%s", "");
    write_pages(&view);
    line(&view, "%s", "");
    write_methods(&view);
    return !view.is_full;
}
