#include "services/ocr/worker_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/file_io.h"
#include "lib/log/log.h"
#include "ocrmesh/ocr/worker/v1/worker.pb-c.h"
#include "services/ocr/page_pictures.h"
#include "services/ocr/page_result.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker_channel.h"
#include "services/ocr/worker_spawn.h"
#include "services/ocr/worker_watch.h"

enum {
    LEAVE_MS = 500, /* from hanging up to SIGKILL: enough to free memory, for leak checkers */
};

typedef Ocrmesh__Ocr__Worker__V1__WorkerRequest WorkerRequest;
typedef Ocrmesh__Ocr__Worker__V1__WorkerResponse WorkerResponse;

struct worker_process {
    pid_t pid;
    struct worker_channel *channel;
    bool is_usable;
    struct worker_watch_limits limits;
    uint32_t asked_page; /* that an answer is awaited for */
    bool may_draft;      /* which may be a draft */
    int pictures_fd;     /* for its pictures; -1: none are wanted */
};

static void response_freep(WorkerResponse **response)
{
    if (*response != NULL)
        ocrmesh__ocr__worker__v1__worker_response__free_unpacked(*response, NULL);
}

/* --- the process --- */

/* True when the process ended in time. */
static bool wait_for_end(pid_t pid, int64_t timeout_ms)
{
    _cleanup_(closep) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return fd >= 0 && poll(&poll_fd, 1, (int)timeout_ms) > 0;
}

void worker_process_stop(struct worker_process *worker)
{
    if (worker == NULL)
        return;
    worker_channel_close(worker->channel);
    if (!worker->is_usable || !wait_for_end(worker->pid, LEAVE_MS))
        (void)kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(worker);
}

void worker_process_limit(struct worker_process *worker, const struct worker_watch_limits *limits)
{
    worker->limits = *limits;
}

pid_t worker_process_pid(const struct worker_process *worker)
{
    return worker->pid;
}

bool worker_process_is_usable(const struct worker_process *worker)
{
    return worker->is_usable;
}

bool worker_process_is_alive(const struct worker_process *worker)
{
    struct pollfd poll_fd = {.fd = worker_channel_fd(worker->channel), .events = POLLIN};

    /* A worker that was not asked says nothing: whatever there is to read is its end. */
    return poll(&poll_fd, 1, 0) == 0;
}

void worker_process_interrupt(const struct worker_process *worker)
{
    (void)kill(worker->pid, SIGKILL);
}

/* --- questions and answers --- */

static status_code ask(struct worker_process *worker, const WorkerRequest *request, int fd,
                       int64_t deadline, struct status *st)
{
    worker_watch_allow(worker->pid, &worker->limits);
    status_code code = worker_channel_send(worker->channel, &request->base, fd, deadline, st);
    if (code != STATUS_OK)
        worker->is_usable = false;
    return code;
}

/* An answer; a failure that the worker reports becomes ours. */
static status_code receive(struct worker_process *worker, int64_t deadline,
                           WorkerResponse **ret_response, struct status *st)
{
    _cleanup_(response_freep) WorkerResponse *response = NULL;
    ProtobufCMessage *message;
    status_code code = worker_watch_wait(worker->pid, worker_channel_fd(worker->channel),
                                         &worker->limits, deadline, st);

    if (code == STATUS_OK)
        code = worker_channel_receive(worker->channel,
                                      &ocrmesh__ocr__worker__v1__worker_response__descriptor,
                                      deadline, &message, NULL, st);
    if (code != STATUS_OK) {
        worker->is_usable = false;
        return code;
    }
    response = (WorkerResponse *)message;
    if (response->response_case == OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_FAILURE) {
        int32_t failure = response->failure->code;
        if (failure <= STATUS_OK || failure > STATUS_UNAUTHENTICATED)
            failure = STATUS_INTERNAL;
        return FAIL(st, (status_code)failure, response->failure->reason, "%s",
                    response->failure->message);
    }
    *ret_response = TAKE(response);
    return STATUS_OK;
}

static status_code expect(struct worker_process *worker, const WorkerResponse *response,
                          Ocrmesh__Ocr__Worker__V1__WorkerResponse__ResponseCase expected,
                          struct status *st)
{
    if (response->response_case == expected)
        return STATUS_OK;
    worker->is_usable = false;
    return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the worker answered another question");
}

/* Asks for the impossible, which only a worker that works refuses. */
static status_code greet(struct worker_process *worker, const char *path, struct status *st)
{
    Ocrmesh__Ocr__Worker__V1__OpenDocument nothing = OCRMESH__OCR__WORKER__V1__OPEN_DOCUMENT__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;
    _cleanup_(response_freep) WorkerResponse *response = NULL;
    int64_t deadline = time_mono_after_ms(WORKER_START_TIMEOUT_MS);
    struct status refusal;

    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT;
    request.open_document = &nothing;
    if (ask(worker, &request, -1, deadline, &refusal) == STATUS_OK)
        (void)!receive(worker, deadline, &response, &refusal);
    if (worker->is_usable && response == NULL)
        return STATUS_OK;
    return FAIL(st, STATUS_UNAVAILABLE, "WORKER_NOT_STARTED",
                "the worker program '%.120s' does not work here; its own words stand in the log",
                path);
}

status_code worker_process_start(const char *path, struct worker_process **ret_worker,
                                 struct status *st)
{
    struct worker_process *worker = calloc(1, sizeof(*worker));
    int child_fd;

    if (worker == NULL)
        return FAIL_MEMORY(st);
    status_code code = worker_channel_pair(&worker->channel, &child_fd, st);
    if (code != STATUS_OK) {
        free(worker);
        return code;
    }
    int error = worker_spawn(path, child_fd, &worker->pid);
    /* Ours would hide the worker's end from us. */
    (void)close(child_fd);
    if (error != 0) {
        worker_channel_close(worker->channel);
        free(worker);
        return FAIL(st, STATUS_UNAVAILABLE, "WORKER_NOT_STARTED",
                    "the worker program '%.120s' cannot be started: %s", path, strerror(error));
    }
    worker->is_usable = true;
    worker->limits = worker_watch_usual;
    code = greet(worker, path, st);
    if (code != STATUS_OK) {
        worker_process_stop(worker);
        return code;
    }
    *ret_worker = worker;
    return STATUS_OK;
}

status_code worker_process_open(struct worker_process *worker, const char *job_id, int fd,
                                uint32_t pages_max, int64_t deadline,
                                struct worker_document *ret_document, struct status *st)
{
    Ocrmesh__Ocr__Worker__V1__OpenDocument open_document =
        OCRMESH__OCR__WORKER__V1__OPEN_DOCUMENT__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;
    _cleanup_(response_freep) WorkerResponse *response = NULL;
    struct worker_document document;

    open_document.job_id = (char *)job_id;
    open_document.pages_max = pages_max;
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_OPEN_DOCUMENT;
    request.open_document = &open_document;
    TRY(ask(worker, &request, fd, deadline, st));
    TRY(receive(worker, deadline, &response, st));
    TRY(expect(worker, response,
               OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_DOCUMENT_OPENED, st));
    const Ocrmesh__Ocr__Worker__V1__DocumentOpened *opened = response->document_opened;
    if (opened->page_count == 0 || opened->page_count > INT32_MAX ||
        strlen(opened->media_type) > WORKER_MEDIA_TYPE_MAX) {
        worker->is_usable = false;
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the worker's answer is malformed");
    }
    document.page_count = opened->page_count;
    (void)snprintf(document.media_type, sizeof(document.media_type), "%s", opened->media_type);
    *ret_document = document;
    return STATUS_OK;
}

status_code worker_process_ask_page(struct worker_process *worker, const struct page_task *task,
                                    uint32_t draft_side_max, int pictures_fd, int64_t deadline,
                                    struct status *st)
{
    Ocrmesh__Ocr__Worker__V1__ReadPage read_page = OCRMESH__OCR__WORKER__V1__READ_PAGE__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;

    read_page.page_index = (uint32_t)task->page_index;
    read_page.tier = (Ocrmesh__Ocr__V1__Tier)task->tier;
    read_page.language = (char *)task->language;
    read_page.tool = (char *)task->tool;
    read_page.draft_side_max = draft_side_max;
    read_page.wants_pictures = pictures_fd >= 0;
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_READ_PAGE;
    request.read_page = &read_page;
    worker->asked_page = (uint32_t)task->page_index;
    worker->may_draft = draft_side_max > 0;
    worker->pictures_fd = pictures_fd;
    return ask(worker, &request, -1, deadline, st);
}

status_code worker_process_finish_page(struct worker_process *worker, struct str reply,
                                       const char *failure, const char *model, int64_t deadline,
                                       struct status *st)
{
    Ocrmesh__Ocr__Worker__V1__FinishPage finish_page = OCRMESH__OCR__WORKER__V1__FINISH_PAGE__INIT;
    WorkerRequest request = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__INIT;

    if (failure != NULL) {
        finish_page.failure = (char *)failure;
    } else {
        finish_page.reply.data = (uint8_t *)reply.p;
        finish_page.reply.len = reply.n;
    }
    finish_page.model = (char *)model;
    request.request_case = OCRMESH__OCR__WORKER__V1__WORKER_REQUEST__REQUEST_FINISH_PAGE;
    request.finish_page = &finish_page;
    worker->may_draft = false;
    return ask(worker, &request, -1, deadline, st);
}

static status_code read_draft(const Ocrmesh__Ocr__Worker__V1__PageDraft *draft, struct arena *arena,
                              struct worker_answer *ret_answer, struct status *st)
{
    const struct str image = {(const char *)draft->image.data, draft->image.len};
    struct worker_answer answer = {
        .is_draft = true,
        .image = {arena_strndup(arena, image.p, image.n), image.n},
        .media_type = arena_strdup(arena, draft->media_type),
    };

    if (answer.image.p == NULL || answer.media_type == NULL)
        return FAIL_PAGE_MEMORY(st);
    *ret_answer = answer;
    return STATUS_OK;
}

/* All the bytes that the worker promised. *ret_is_written: they are in the file. */
static status_code receive_pictures(struct worker_process *worker, int64_t size_bytes,
                                    int64_t deadline, bool *ret_is_written, struct status *st)
{
    bool is_written = true;

    for (int64_t received = 0; received < size_bytes;) {
        _cleanup_(response_freep) WorkerResponse *response = NULL;
        TRY(receive(worker, deadline, &response, st));
        TRY(expect(worker, response,
                   OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PICTURE_CHUNK, st));
        const ProtobufCBinaryData *data = &response->picture_chunk->data;
        if (data->len < 1 || data->len > PAGE_PICTURE_CHUNK_MAX_BYTES ||
            (int64_t)data->len > size_bytes - received) {
            worker->is_usable = false;
            return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the worker's answer is malformed");
        }
        is_written = is_written && file_write_at(worker->pictures_fd, received,
                                                 (struct str){(const char *)data->data, data->len});
        received += (int64_t)data->len;
    }
    *ret_is_written = is_written;
    return STATUS_OK;
}

/* A page is not lost for want of room for its pictures. */
static status_code read_pictures(struct worker_process *worker,
                                 const Ocrmesh__Ocr__Worker__V1__PagePictures *pictures,
                                 int64_t deadline, struct arena *arena,
                                 struct worker_answer *answer, struct status *st)
{
    struct status failure;
    int64_t size_bytes = 0;
    bool is_written = false;

    if (pictures == NULL || pictures->n_pictures == 0)
        return STATUS_OK;
    if (worker->pictures_fd < 0 || page_pictures_check(pictures, &size_bytes, st) != STATUS_OK) {
        worker->is_usable = false;
        return FAIL(st, STATUS_INTERNAL, "CHANNEL_BROKEN", "the worker's answer is malformed");
    }
    TRY(receive_pictures(worker, size_bytes, deadline, &is_written, st));
    if (is_written &&
        page_pictures_pack(pictures, arena, &answer->result.pictures, &failure) == STATUS_OK)
        answer->pictures_bytes = size_bytes;
    else
        log_write(LOG_WARNING, "there is no room for a page's pictures",
                  LOG_INTEGER("page", worker->asked_page));
    return STATUS_OK;
}

status_code worker_process_receive_page(struct worker_process *worker, int64_t deadline,
                                        struct arena *arena, struct worker_answer *ret_answer,
                                        struct status *st)
{
    _cleanup_(response_freep) WorkerResponse *response = NULL;
    struct worker_answer answer = {0};

    TRY(receive(worker, deadline, &response, st));
    if (worker->may_draft &&
        response->response_case == OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_DRAFT)
        return read_draft(response->page_draft, arena, ret_answer, st);
    TRY(expect(worker, response, OCRMESH__OCR__WORKER__V1__WORKER_RESPONSE__RESPONSE_PAGE_READ,
               st));
    status_code code =
        page_result_read(response->page_read, worker->asked_page, arena, &answer.result, st);
    if (code == STATUS_INTERNAL)
        worker->is_usable = false;
    TRY(code);
    TRY(read_pictures(worker, response->page_read->pictures, deadline, arena, &answer, st));
    answer.is_vision_reading = response->page_read->is_vision_reading;
    *ret_answer = answer;
    return STATUS_OK;
}
