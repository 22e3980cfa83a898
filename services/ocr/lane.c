#include "services/ocr/lane.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"
#include "services/ocr/ended_page.h"
#include "services/ocr/lane_vision.h"
#include "services/ocr/lane_worker.h"
#include "services/ocr/metrics.h"
#include "services/ocr/page_tool.h"
#include "services/ocr/page_trace.h"
#include "services/ocr/page_translate.h"
#include "services/ocr/queue.h"
#include "services/ocr/store_queue.h"
#include "services/ocr/tools.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/upload.h"
#include "services/ocr/upload_files.h"
#include "services/ocr/worker_process.h"

enum {
    STATEMENT_TIMEOUT_MS = 10000,
    FETCH_TIMEOUT_MS = 60000,
    FAILURE_PAUSE_MS = 2000,
};

/* A page that is being read. */
struct reading {
    struct page_task task;
    int64_t start_time;
    bool is_asked;         /* the worker is at it */
    bool is_ours;          /* it could not be asked for, which is no fault of the page */
    bool was_abandoned;    /* it was of no use any more already when it was to be tried again */
    struct status failure; /* why it could not be asked for */
    int pictures_fd;       /* for its pictures; -1: none are wanted */
    int64_t pictures_bytes;
    struct page_trace trace;
};

struct lane {
    struct lane_options options;
    struct vision_caller *vision_caller; /* NULL: there is no endpoint */
    struct http_client *translate_client;
    pthread_t thread;
    atomic_bool has_ended;

    struct lane_worker worker;
    int pages_in_a_row; /* of the job whose file the worker has open */

    struct ended_page ended; /* the page before the one that is being read */
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

/* --- reading --- */

/* On the queue's thread. */
static void on_lease_lost(void *arg, const char *lease_token)
{
    struct lane *lane = arg;

    lane_worker_abandon(&lane->worker, lease_token);
}

/* The worker died of the page, as far as one can tell. */
static void count_death(struct lane *lane, const struct page_task *task)
{
    struct status st = {0};
    struct status failure = {0};
    int32_t deaths = 0;

    atomic_fetch_add(&lane->options.metrics->worker_deaths, 1);
    log_write(LOG_WARNING, "a worker died while it read a page",
              LOG_INTEGER("lane", lane->options.number), LOG_STRING("job_id", task->job_id),
              LOG_INTEGER("page", task->page_index));
    if (store_queue_count_death(lane->options.db, statement_deadline(), task->lease_token,
                                LANE_DEATHS_MAX, &deaths, &st) != STATUS_OK) {
        /* The lease runs out; the page is tried again. */
        log_failure(LOG_WARNING, "a worker's death could not be counted", &st);
        deaths = 0;
    }
    if (deaths < LANE_DEATHS_MAX) {
        queue_release(lane->options.queue, task->lease_token);
        return;
    }
    (void)FAIL(&failure, STATUS_INTERNAL, "WORKER_CRASHED",
               "reading this page ended the reading process %d times", (int)deaths);
    ended_page_keep_failure(&lane->ended, task, &failure);
}

/* The job's file in the worker. */
static status_code open_document(struct lane *lane, struct reading *reading, struct status *st)
{
    const struct page_task *task = &reading->task;
    _cleanup_(closep) int fd = -1;
    struct worker_document document;

    if (strcmp(lane->worker.open_job_id, task->job_id) == 0)
        return STATUS_OK;
    lane->worker.open_job_id[0] = '\0';
    status_code code = upload_files_open(lane->options.files, task->job_id,
                                         time_mono_after_ms(FETCH_TIMEOUT_MS), &fd, st);
    if (code == STATUS_NOT_FOUND || code == STATUS_DATA_LOSS)
        return FAIL(st, STATUS_DATA_LOSS, "UPLOAD_LOST", "the uploaded file is not there any more");
    reading->is_ours = code != STATUS_OK;
    TRY(code);
    TRY(worker_process_open(lane->worker.process, task->job_id, fd, 0,
                            time_mono_after_ms(LANE_OPEN_TIMEOUT_MS), &document, st));
    (void)snprintf(lane->worker.open_job_id, sizeof(lane->worker.open_job_id), "%s", task->job_id);
    lane->pages_in_a_row = 0;
    return STATUS_OK;
}

/* What a worker that has read other pages could not do for want of memory, or because of a library
 * that has come to harm, a new one may do. */
static bool may_new_worker_do_better(const struct lane *lane, const struct status *failure)
{
    return (failure->code == STATUS_INTERNAL || failure->code == STATUS_RESOURCE_EXHAUSTED) &&
           lane->worker.process != NULL && worker_process_is_usable(lane->worker.process) &&
           lane->worker.pages > 1;
}

/* Makes way for a new worker where that may help; false: it stays as it is. */
static bool make_way(struct lane *lane, struct reading *reading, const struct status *failure)
{
    if (!may_new_worker_do_better(lane, failure))
        return false;
    reading->was_abandoned = lane_worker_end_page(&lane->worker);
    if (reading->was_abandoned)
        return false;
    log_failure(LOG_WARNING, "a page is tried again, by a new worker", failure,
                LOG_STRING("job_id", reading->task.job_id),
                LOG_INTEGER("page", reading->task.page_index));
    lane_worker_replace(&lane->worker);
    return true;
}

/* A page is read without pictures rather than not at all. */
static void open_pictures(struct lane *lane, struct reading *reading)
{
    struct status st = {0};

    if (reading->pictures_fd >= 0 || !reading->task.keeps_renditions)
        return;
    if (upload_open_temporary(lane->options.work_dir, &reading->pictures_fd, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "no pictures of a page can be kept", &st,
                    LOG_STRING("job_id", reading->task.job_id),
                    LOG_INTEGER("page", reading->task.page_index));
}

static status_code ask_worker(struct lane *lane, struct reading *reading, struct status *st)
{
    const struct page_task *task = &reading->task;

    reading->is_ours = lane_worker_need(&lane->worker, st) != STATUS_OK;
    if (reading->is_ours)
        return st->code;
    lane->worker.pages++;
    page_trace_begin_read(&reading->trace);
    lane_worker_begin_page(&lane->worker, task->lease_token);
    TRY(open_document(lane, reading, st));
    uint32_t draft_side_max = lane->vision_caller != NULL && task->tier == JOB_TIER_VLM
                                  ? vision_image_side_max(lane->options.vision)
                                  : 0;
    open_pictures(lane, reading);
    return worker_process_ask_page(lane->worker.process, task, draft_side_max, reading->pictures_fd,
                                   time_mono_after_ms(LANE_PAGE_TIMEOUT_MS), st);
}

static status_code ask(struct lane *lane, struct reading *reading, struct status *st)
{
    if (reading->task.attempts > QUEUE_ATTEMPTS_MAX)
        return FAIL(st, STATUS_INTERNAL, "WORKER_CRASHED",
                    "reading this page was begun %d times and never ended", QUEUE_ATTEMPTS_MAX);
    status_code code = ask_worker(lane, reading, st);
    if (code == STATUS_OK || reading->is_ours || !make_way(lane, reading, st))
        return code;
    return ask_worker(lane, reading, st);
}

/* The worker is gone, or is to be: what becomes of its page. */
static void end_without_worker(struct lane *lane, const struct page_task *task, bool was_abandoned,
                               const struct status *failure)
{
    lane_worker_drop(&lane->worker);
    if (was_abandoned && queue_is_stopping(lane->options.queue))
        ended_page_give_back(&lane->ended, task);
    else if (was_abandoned)
        queue_release(lane->options.queue, task->lease_token);
    else if (failure->code == STATUS_DEADLINE_EXCEEDED)
        ended_page_keep_failure(&lane->ended, task, failure);
    else
        count_death(lane, task);
}

static void begin_reading(struct lane *lane, struct reading *reading)
{
    page_trace_begin(&reading->trace, &reading->task);
    struct trace_context before = trace_context_swap(reading->trace.context);

    reading->start_time = time_mono();
    if (reading->task.attempts == 1)
        histogram_add(&lane->options.metrics->queue_wait, time_wall() - reading->task.submit_time);
    atomic_fetch_add(&lane->options.metrics->workers_busy, 1);
    reading->is_asked = ask(lane, reading, &reading->failure) == STATUS_OK;
    (void)trace_context_swap(before);
}

/* The page could not even be asked for. */
static void end_unasked(struct lane *lane, const struct reading *reading)
{
    bool was_abandoned = lane_worker_end_page(&lane->worker) || reading->was_abandoned;

    if (lane->worker.process != NULL && !worker_process_is_usable(lane->worker.process)) {
        end_without_worker(lane, &reading->task, was_abandoned, &reading->failure);
    } else if (reading->is_ours) {
        log_failure(LOG_WARNING, "a page cannot be read at the moment", &reading->failure,
                    LOG_STRING("job_id", reading->task.job_id));
        ended_page_give_back(&lane->ended, &reading->task);
        (void)queue_pause(lane->options.queue, FAILURE_PAUSE_MS);
    } else {
        ended_page_keep_failure(&lane->ended, &reading->task, &reading->failure);
    }
}

/* The worker's page, after the vision model's where one is asked. */
static status_code receive(struct lane *lane, struct reading *reading,
                           struct page_result *ret_result, struct status *st)
{
    int64_t deadline = reading->start_time + LANE_PAGE_TIMEOUT_MS * NANOSECONDS_PER_MS;
    int64_t model_ns = 0;
    struct worker_answer answer;
    struct status read = {.code = STATUS_OK};

    if (worker_process_receive_page(lane->worker.process, deadline, lane->ended.arena, &answer,
                                    &read) != STATUS_OK)
        *st = read;
    page_trace_end_read(&reading->trace, &read);
    if (read.code != STATUS_OK)
        return read.code;
    if (answer.is_draft)
        TRY(lane_vision_finish(lane->options.vision, lane->vision_caller, lane->worker.process,
                               &reading->task, lane->ended.arena, &answer, &model_ns, st));
    histogram_add(&lane->options.metrics->page_duration,
                  time_mono() - reading->start_time - model_ns);
    const struct tool *tool = tool_find(str_of(reading->task.tool));
    if (tool != NULL)
        page_tool_warn(tool, answer.is_vision_reading, lane->ended.arena, &answer.result);
    if (reading->task.translate_to[0] != '\0')
        TRY(page_translate(lane->options.translator, lane->translate_client, &reading->task,
                           lane->ended.arena, &answer.result, st));
    reading->pictures_bytes = answer.pictures_bytes;
    *ret_result = answer.result;
    return STATUS_OK;
}

static void end_asked(struct lane *lane, struct reading *reading)
{
    struct page_result result;
    struct status failure = {0};
    status_code code = receive(lane, reading, &result, &failure);

    if (code != STATUS_OK && make_way(lane, reading, &failure)) {
        reading->is_asked = ask_worker(lane, reading, &reading->failure) == STATUS_OK;
        if (!reading->is_asked) {
            end_unasked(lane, reading);
            return;
        }
        code = receive(lane, reading, &result, &failure);
    }
    bool was_abandoned = lane_worker_end_page(&lane->worker) || reading->was_abandoned;
    if (code == STATUS_OK) {
        int pictures_fd = reading->pictures_bytes > 0 ? reading->pictures_fd : -1;
        if (pictures_fd >= 0)
            reading->pictures_fd = -1; /* taken */
        ended_page_keep(&lane->ended, &reading->task, &result, pictures_fd,
                        reading->pictures_bytes);
        if (was_abandoned)
            lane_worker_drop(&lane->worker); /* it was ended too late to matter */
    } else if (code != STATUS_CANCELLED && worker_process_is_usable(lane->worker.process)) {
        ended_page_keep_failure(&lane->ended, &reading->task, &failure);
    } else {
        end_without_worker(lane, &reading->task, was_abandoned, &failure);
    }
}

static void mark_processing(struct lane *lane, const struct page_task *task)
{
    struct status st = {0};

    if (task->is_first && store_queue_mark_processing(lane->options.db, statement_deadline(),
                                                      task->job_id, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a job could not be marked", &st,
                    LOG_STRING("job_id", task->job_id));
}

static bool lease(struct lane *lane, struct page_task *ret_task)
{
    bool stays = lane->worker.open_job_id[0] != '\0' && lane->pages_in_a_row < LANE_STAY_PAGES;
    const char *stay = stays ? lane->worker.open_job_id : NULL;

    if (!stays)
        lane->pages_in_a_row = 0;
    lane->pages_in_a_row++;
    return queue_lease(lane->options.queue, lane->options.number, stay, !lane->ended.is_there,
                       on_lease_lost, lane, ret_task);
}

/* Its trace goes on with the page, where there is something to store. */
static void finish_reading(struct lane *lane, struct reading *reading)
{
    struct trace_context before = trace_context_swap(reading->trace.context);

    mark_processing(lane, &reading->task);
    if (reading->is_asked)
        end_asked(lane, reading);
    else
        end_unasked(lane, reading);
    closep(&reading->pictures_fd);
    atomic_fetch_sub(&lane->options.metrics->workers_busy, 1);
    (void)trace_context_swap(before);
    if (lane->ended.is_there)
        lane->ended.trace = reading->trace;
    else
        page_trace_end(&reading->trace, "given_back");
}

static void *run(void *arg)
{
    struct lane *lane = arg;
    for (;;) {
        struct reading reading = {.pictures_fd = -1};
        struct status st = {0};

        /* Ahead of work. */
        if (!lane->ended.is_there && lane_worker_need(&lane->worker, &st) != STATUS_OK)
            log_failure(LOG_ERROR, "no worker can be started", &st);
        bool is_leased = lease(lane, &reading.task);

        if (!is_leased && !lane->ended.is_there)
            break; /* the queue is stopping */
        if (is_leased)
            begin_reading(lane, &reading);
        if (lane->ended.is_there)
            ended_page_store(&lane->ended);
        if (is_leased)
            finish_reading(lane, &reading);
    }
    lane_worker_drop(&lane->worker);
    atomic_store(&lane->has_ended, true);
    return NULL;
}

/* --- */

static void release(struct lane *lane)
{
    vision_caller_free(lane->vision_caller);
    http_client_free(lane->translate_client);
    lane_worker_deinit(&lane->worker);
    ended_page_deinit(&lane->ended);
    free(lane);
}

status_code lane_start(const struct lane_options *options, struct lane **ret_lane,
                       struct status *st)
{
    struct lane *lane = calloc(1, sizeof(*lane));

    if (lane == NULL)
        return FAIL_MEMORY(st);
    lane->options = *options;
    status_code code = ended_page_init(&lane->ended,
                                       &(struct ended_page_options){
                                           .db = options->db,
                                           .blobs = options->blobs,
                                           .queue = options->queue,
                                           .metrics = options->metrics,
                                           .pictures_wait_ms = options->pictures_wait_ms,
                                       },
                                       st);
    lane->translate_client = http_client_new();
    if (code == STATUS_OK && lane->translate_client == NULL)
        code = FAIL_MEMORY(st);
    if (code == STATUS_OK && options->vision != NULL)
        code = vision_caller_new(options->vision, &lane->vision_caller, st);
    lane_worker_init(&lane->worker, &(struct lane_worker_options){
                                        .lane = options->number,
                                        .path = options->worker_path,
                                        .metrics = options->metrics,
                                        .vision_caller = lane->vision_caller,
                                        .translator = options->translator,
                                        .translate_client = lane->translate_client,
                                    });
    if (code == STATUS_OK && pthread_create(&lane->thread, NULL, run, lane) != 0)
        code = FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left for a lane");
    if (code != STATUS_OK) {
        release(lane);
        return code;
    }
    *ret_lane = lane;
    return STATUS_OK;
}

void lane_interrupt(struct lane *lane)
{
    lane_worker_interrupt(&lane->worker);
}

bool lane_is_ready(struct lane *lane)
{
    return lane_worker_is_ready(&lane->worker, LANE_REPLACE_MS);
}

bool lane_has_ended(struct lane *lane)
{
    return atomic_load(&lane->has_ended);
}

void lane_free(struct lane *lane)
{
    if (lane == NULL)
        return;
    (void)pthread_join(lane->thread, NULL);
    release(lane);
}
