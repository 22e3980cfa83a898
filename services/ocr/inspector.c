#include "services/ocr/inspector.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/log/log.h"

enum { INSPECTOR_RETRY_AFTER_MS = 3000 };

/* A file in line. It lives on the stack of who waits for it, until it is done or taken back. */
struct request {
    const char *job_id;
    int fd;
    uint32_t pages_max;
    enum { REQUEST_WAITING, REQUEST_TAKEN, REQUEST_DONE } state;
    status_code code;
    struct status st;
    struct worker_document document;
    pthread_cond_t done;
    struct request *next;
};

struct inspector {
    const char *worker_path;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    bool is_stopping;
    int waiting;
    struct request *first;
    struct request **end;
    int thread_count;
    pthread_t threads[INSPECTOR_WORKERS_MAX];
};

/* --- a thread and its worker --- */

static status_code need_worker(const char *path, struct worker_process **worker, struct status *st)
{
    if (*worker != NULL && worker_process_is_usable(*worker) && worker_process_is_alive(*worker))
        return STATUS_OK;
    worker_process_stop(TAKE(*worker));
    return worker_process_start(path, worker, st);
}

static status_code look(const char *path, struct worker_process **worker, struct request *request,
                        struct status *st)
{
    TRY(need_worker(path, worker, st));
    status_code code =
        worker_process_open(*worker, request->job_id, request->fd, request->pages_max,
                            time_mono_after_ms(INSPECTOR_TIMEOUT_MS), &request->document, st);
    if (worker_process_is_usable(*worker))
        return code;
    worker_process_stop(TAKE(*worker));
    log_failure(LOG_WARNING, "a file ended the worker that looked at it", st,
                LOG_STRING("job_id", request->job_id));
    return FAIL(st, STATUS_INVALID_ARGUMENT, "CORRUPT",
                "the file cannot be opened: it is damaged; save it anew and send it again");
}

/* The next request, or NULL at the end. */
static struct request *take_request(struct inspector *inspector)
{
    struct request *request;

    pthread_mutex_lock(&inspector->lock);
    while (inspector->first == NULL && !inspector->is_stopping)
        pthread_cond_wait(&inspector->arrived, &inspector->lock);
    request = inspector->first;
    if (request != NULL) {
        inspector->first = request->next;
        if (inspector->first == NULL)
            inspector->end = &inspector->first;
        inspector->waiting--;
        request->state = REQUEST_TAKEN;
    }
    pthread_mutex_unlock(&inspector->lock);
    return request;
}

static void *run(void *arg)
{
    struct inspector *inspector = arg;
    _cleanup_(worker_process_stopp) struct worker_process *worker = NULL;
    struct request *request;
    struct status st = {0};

    if (need_worker(inspector->worker_path, &worker, &st) != STATUS_OK)
        log_failure(LOG_ERROR, "no worker can be started to look at uploads", &st);
    while ((request = take_request(inspector)) != NULL) {
        request->code = look(inspector->worker_path, &worker, request, &request->st);
        pthread_mutex_lock(&inspector->lock);
        request->state = REQUEST_DONE;
        pthread_cond_signal(&request->done);
        pthread_mutex_unlock(&inspector->lock);
    }
    return NULL;
}

/* --- callers --- */

/* With the lock held; false when the line is full. */
static bool stand_in_line(struct inspector *inspector, struct request *request)
{
    if (inspector->waiting >= INSPECTOR_LINE_MAX)
        return false;
    *inspector->end = request;
    inspector->end = &request->next;
    inspector->waiting++;
    pthread_cond_signal(&inspector->arrived);
    return true;
}

/* With the lock held. */
static void leave_line(struct inspector *inspector, const struct request *request)
{
    struct request **link = &inspector->first;

    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    if (*link == NULL)
        inspector->end = link;
    inspector->waiting--;
}

status_code inspector_look(struct inspector *inspector, const char *job_id, int fd,
                           uint32_t pages_max, int64_t deadline,
                           struct worker_document *ret_document, struct status *st)
{
    struct request request = {.job_id = job_id, .fd = fd, .pages_max = pages_max};
    bool is_accepted;
    bool is_late = false;

    wait_init(&request.done);
    pthread_mutex_lock(&inspector->lock);
    is_accepted = stand_in_line(inspector, &request);
    while (is_accepted && request.state != REQUEST_DONE) {
        /* Once taken, the file is in use until its answer, which comes within a timeout. */
        bool is_in_time = wait_until(&request.done, &inspector->lock,
                                     request.state == REQUEST_TAKEN ? TIME_NEVER : deadline);
        if (!is_in_time && request.state == REQUEST_WAITING) {
            leave_line(inspector, &request);
            is_late = true;
            break;
        }
    }
    pthread_mutex_unlock(&inspector->lock);
    pthread_cond_destroy(&request.done);
    if (!is_accepted) {
        (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "QUEUE_FULL",
                   "too many uploads are waiting to be opened; try again in a few seconds");
        st->retry_after_ms = INSPECTOR_RETRY_AFTER_MS;
        return st->code;
    }
    if (is_late)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the upload was not opened in time");
    if (request.code != STATUS_OK) {
        *st = request.st;
        return request.code;
    }
    *ret_document = request.document;
    return STATUS_OK;
}

/* --- */

status_code inspector_start(const char *worker_path, int workers, struct inspector **ret_inspector,
                            struct status *st)
{
    _cleanup_(inspector_stopp) struct inspector *inspector = calloc(1, sizeof(*inspector));

    if (inspector == NULL)
        return FAIL_MEMORY(st);
    inspector->worker_path = worker_path;
    inspector->end = &inspector->first;
    pthread_mutex_init(&inspector->lock, NULL);
    pthread_cond_init(&inspector->arrived, NULL);
    for (int i = 0; i < workers && i < INSPECTOR_WORKERS_MAX; i++) {
        if (pthread_create(&inspector->threads[i], NULL, run, inspector) != 0)
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left");
        inspector->thread_count = i + 1;
    }
    *ret_inspector = TAKE(inspector);
    return STATUS_OK;
}

void inspector_stop(struct inspector *inspector)
{
    if (inspector == NULL)
        return;
    pthread_mutex_lock(&inspector->lock);
    inspector->is_stopping = true;
    pthread_cond_broadcast(&inspector->arrived);
    pthread_mutex_unlock(&inspector->lock);
    for (int i = 0; i < inspector->thread_count; i++)
        (void)pthread_join(inspector->threads[i], NULL);
    pthread_cond_destroy(&inspector->arrived);
    pthread_mutex_destroy(&inspector->lock);
    free(inspector);
}
