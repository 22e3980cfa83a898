#include "services/ocr/lane_worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"
#include "services/ocr/metrics.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/vision/vision.h"
#include "services/ocr/worker_process.h"
#include "services/ocr/worker_watch.h"

void lane_worker_init(struct lane_worker *worker, const struct lane_worker_options *options)
{
    *worker = (struct lane_worker){.options = *options};
    pthread_mutex_init(&worker->lock, NULL);
}

void lane_worker_deinit(struct lane_worker *worker)
{
    pthread_mutex_destroy(&worker->lock);
}

/* --- the process --- */

void lane_worker_drop(struct lane_worker *worker)
{
    struct worker_process *process;

    pthread_mutex_lock(&worker->lock);
    process = TAKE(worker->process);
    if (process != NULL)
        worker->end_time = time_mono();
    pthread_mutex_unlock(&worker->lock);
    worker_process_stop(process);
    worker->open_job_id[0] = '\0';
    worker->pages = 0;
}

void lane_worker_replace(struct lane_worker *worker)
{
    atomic_fetch_add(&worker->options.metrics->worker_replacements, 1);
    lane_worker_drop(worker);
}

status_code lane_worker_need(struct lane_worker *worker, struct status *st)
{
    struct worker_process *process;

    if (worker->process != NULL && worker_process_is_usable(worker->process) &&
        worker_process_is_alive(worker->process)) {
        if (!worker_watch_is_spent(worker_process_pid(worker->process)))
            return STATUS_OK;
        lane_worker_replace(worker);
    }
    lane_worker_drop(worker);
    TRY(worker_process_start(worker->options.path, &process, st));
    pthread_mutex_lock(&worker->lock);
    worker->process = process;
    pthread_mutex_unlock(&worker->lock);
    log_write(LOG_DEBUG, "worker started", LOG_INTEGER("lane", worker->options.lane),
              LOG_INTEGER("pid", worker_process_pid(process)));
    return STATUS_OK;
}

/* --- the page --- */

void lane_worker_begin_page(struct lane_worker *worker, const char *lease_token)
{
    pthread_mutex_lock(&worker->lock);
    (void)snprintf(worker->reading_token, sizeof(worker->reading_token), "%s", lease_token);
    worker->is_abandoned = false;
    if (worker->options.vision_caller != NULL)
        vision_caller_reset(worker->options.vision_caller);
    http_client_reset(worker->options.translate_client);
    pthread_mutex_unlock(&worker->lock);
}

bool lane_worker_end_page(struct lane_worker *worker)
{
    bool was_abandoned;

    pthread_mutex_lock(&worker->lock);
    was_abandoned = worker->is_abandoned;
    worker->is_abandoned = false;
    worker->reading_token[0] = '\0';
    pthread_mutex_unlock(&worker->lock);
    return was_abandoned;
}

/* With the lock held. */
static void abandon(struct lane_worker *worker)
{
    const struct lane_worker_options *options = &worker->options;

    worker->is_abandoned = true;
    if (worker->process != NULL)
        worker_process_interrupt(worker->process);
    if (options->vision_caller != NULL)
        vision_caller_interrupt(options->vision_caller);
    if (options->translator != NULL)
        translator_interrupt(options->translator, options->translate_client);
}

void lane_worker_abandon(struct lane_worker *worker, const char *lease_token)
{
    pthread_mutex_lock(&worker->lock);
    if (strcmp(worker->reading_token, lease_token) == 0)
        abandon(worker);
    pthread_mutex_unlock(&worker->lock);
}

void lane_worker_interrupt(struct lane_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    if (worker->reading_token[0] != '\0')
        abandon(worker);
    pthread_mutex_unlock(&worker->lock);
}

bool lane_worker_is_ready(struct lane_worker *worker, int64_t replace_ms)
{
    bool is_ready;

    pthread_mutex_lock(&worker->lock);
    is_ready =
        worker->process != NULL ||
        (worker->end_time != 0 && time_mono() - worker->end_time < replace_ms * NANOSECONDS_PER_MS);
    pthread_mutex_unlock(&worker->lock);
    return is_ready;
}
