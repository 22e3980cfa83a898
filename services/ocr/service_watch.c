/* WatchJob: the job at each change, until it has ended. */

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/job_message.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_page.h"
#include "services/ocr/watch.h"

enum {
    /* Should a notification have been lost, this is how long nobody notices. */
    WATCH_TICK_MS = 15000,
    /* A database that is away is waited for, and looked for this often. */
    WATCH_RETRY_MS = 500,
    WATCH_ARENA_MAX_BYTES = 8 << 20,
};

struct watching {
    const struct ocr_service *service;
    struct rpc_call *call;
    const char *job_id;
    struct arena *arena; /* of one look */
    int64_t after_revision;
    bool has_looked;
    bool has_ended;
};

static int compare_indexes(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Of each page its index, which is sorted for those who only want that, and how it ended. */
static status_code tell_pages(struct watching *watching, const struct job *job,
                              Ocrmesh__Ocr__V1__WatchJobResponse *message, struct status *st)
{
    struct arena *arena = watching->arena;
    struct page_end *ends;
    size_t count;

    TRY(store_page_ended(watching->service->db, service_deadline(watching->call), job->id,
                         watching->after_revision, job->revision, arena, &ends, &count, st));
    Ocrmesh__Ocr__V1__EndedPage *pages = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__EndedPage, count);
    message->ended_pages = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__EndedPage *, count);
    message->ended_page_indexes = ARENA_NEW_ARRAY(arena, uint32_t, count);
    if (count > 0 &&
        (pages == NULL || message->ended_pages == NULL || message->ended_page_indexes == NULL))
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        ocrmesh__ocr__v1__ended_page__init(&pages[i]);
        pages[i].page_index = (uint32_t)ends[i].page_index;
        pages[i].revision = ends[i].revision;
        if (ends[i].error_reason != NULL)
            TRY(job_message_make_error(ends[i].error_reason, ends[i].error_message, arena,
                                       &pages[i].error, st));
        message->ended_pages[i] = &pages[i];
        message->ended_page_indexes[i] = pages[i].page_index;
    }
    message->n_ended_pages = message->n_ended_page_indexes = count;
    if (count > 0)
        qsort(message->ended_page_indexes, count, sizeof(uint32_t), compare_indexes);
    return STATUS_OK;
}

static status_code look(struct watching *watching, struct status *st)
{
    struct db *db = watching->service->db;
    Ocrmesh__Ocr__V1__WatchJobResponse message = OCRMESH__OCR__V1__WATCH_JOB_RESPONSE__INIT;
    const struct job *job;

    arena_reset(watching->arena);
    TRY(store_job_get(db, service_deadline(watching->call), watching->job_id, watching->arena, &job,
                      st));
    watching->has_ended = job_has_ended(job);
    /* Nobody was told of a revision that has not been. */
    if (!watching->has_looked && watching->after_revision > job->revision)
        watching->after_revision = 0;
    watching->has_looked = true;
    if (job->revision <= watching->after_revision)
        return STATUS_OK;
    TRY(job_message_make(job, watching->arena, &message.job, st));
    TRY(tell_pages(watching, job, &message, st));
    TRY(rpc_call_write(watching->call, &message, st));
    watching->after_revision = job->revision;
    return STATUS_OK;
}

static void wake(void *watch)
{
    watch_wake(watch);
}

static status_code fail_if_over(const struct watching *watching, struct status *st)
{
    if (rpc_call_is_cancelled(watching->call))
        return FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
    if (time_mono() >= rpc_call_deadline(watching->call))
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the job has not ended in time");
    if (watch_hub_is_stopping(watching->service->watches))
        return FAIL(st, STATUS_UNAVAILABLE, "DRAINING", "this server is about to end; ask again");
    return STATUS_OK;
}

static status_code watch_until_end(struct watching *watching, struct watch *watch,
                                   struct status *st)
{
    for (;;) {
        struct status failure = {0};
        status_code code = look(watching, &failure);

        if (code == STATUS_OK && watching->has_ended)
            return STATUS_OK;
        if (code != STATUS_OK && code != STATUS_UNAVAILABLE) {
            *st = failure;
            return code;
        }
        TRY(fail_if_over(watching, st));
        int64_t tick = time_mono_after_ms(code == STATUS_OK ? WATCH_TICK_MS : WATCH_RETRY_MS);
        watch_wait(watch, earlier(tick, rpc_call_deadline(watching->call)));
    }
}

status_code service_watch_job(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__WatchJobRequest *wanted = request;
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    struct service_caller caller;
    const struct job *job;

    TRY(service_find_job(service, call, wanted->job_id, &job, &caller, st));
    TRY(gate_enter(service->watches_gate, caller.key, &pass, st));

    _cleanup_(arena_freep) struct arena *arena = arena_new(WATCH_ARENA_MAX_BYTES);
    _cleanup_(watch_endp) struct watch *watch = watch_begin(service->watches, job->id);
    struct watching watching = {
        .service = service,
        .call = call,
        .job_id = job->id,
        .arena = arena,
        .after_revision = wanted->after_revision,
    };
    if (arena == NULL || watch == NULL)
        return FAIL_MEMORY(st);
    rpc_call_on_cancel(call, wake, watch);
    status_code code = watch_until_end(&watching, watch, st);
    rpc_call_on_cancel(call, NULL, NULL);
    return code;
}
