/* Jobs one by one and as a list. */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/job_extraction.h"
#include "services/ocr/job_message.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_job.h"
#include "services/ocr/store_missing.h"
#include "services/ocr/upload_files.h"

enum {
    LIST_SIZE_DEFAULT = 20,
    LIST_SIZE_MAX = 100,
    FIND_MISSING_MAX = 1000,
};

status_code service_get_job(struct rpc_call *call, const void *request, void *response, void *data,
                            struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__GetJobRequest *wanted = request;
    Ocrmesh__Ocr__V1__GetJobResponse *reply = response;
    const struct job *job;

    TRY(service_find_job(service, call, wanted->job_id, &job, NULL, st));
    TRY(job_message_make(job, rpc_call_arena(call), &reply->job, st));
    return job_extraction_attach(service->db, service_deadline(call), reply->job,
                                 rpc_call_arena(call), st);
}

/* What is kept of the pages goes with the job. What cannot be deleted at the moment is found by
 * sweep_blobs(). */
static void delete_renditions(const struct ocr_service *service, const struct rpc_call *call,
                              const struct job *job)
{
    char prefix[JOB_RENDITION_KEY_SIZE];
    struct status st = {0};

    if (job->discards_renditions)
        return;
    job_rendition_prefix(job->id, prefix);
    if (blob_delete_all(service->blobs, prefix, service_deadline(call), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "pictures of a job were not deleted", &st,
                    LOG_STRING("job_id", job->id));
}

status_code service_cancel_job(struct rpc_call *call, const void *request, void *response,
                               void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__CancelJobRequest *wanted = request;
    Ocrmesh__Ocr__V1__CancelJobResponse *reply = response;
    const struct job *job;

    TRY(service_find_job(service, call, wanted->job_id, &job, NULL, st));
    TRY(store_job_cancel(service->db, service_deadline(call), job->id, st));
    TRY(store_job_get(service->db, service_deadline(call), job->id, rpc_call_arena(call), &job,
                      st));
    if (!job_keeps_renditions(job)) /* one that was done stays as it is */
        delete_renditions(service, call, job);
    return job_message_make(job, rpc_call_arena(call), &reply->job, st);
}

status_code service_delete_job(struct rpc_call *call, const void *request, void *response,
                               void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__DeleteJobRequest *wanted = request;
    const struct job *job;

    TRY(service_find_job(service, call, wanted->job_id, &job, NULL, st));
    TRY(store_job_delete(service->db, service_deadline(call), job->id, st));
    upload_files_drop(service->files, job->id);
    delete_renditions(service, call, job);
    return STATUS_OK;
}

/* --- the list --- */

/* A job_state, or STORE_STATE_ANY. */
static status_code read_state(Ocrmesh__Ocr__V1__JobState state, int *ret_state, struct status *st)
{
    switch ((int)state) {
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_UNSPECIFIED:
        *ret_state = STORE_STATE_ANY;
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING:
        *ret_state = JOB_PENDING;
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING:
        *ret_state = JOB_PROCESSING;
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE:
        *ret_state = JOB_DONE;
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED:
        *ret_state = JOB_FAILED;
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED:
        *ret_state = JOB_CANCELLED;
        return STATUS_OK;
    default:
        return FAIL_FIELD(st, "state", "INVALID_FIELD", "there is no job state %d", (int)state);
    }
}

/* The token is the number of the last job that was listed. */
static status_code read_token(const char *token, int64_t *ret_before, struct status *st)
{
    *ret_before = INT64_MAX;
    if (token[0] != '\0' && (!str_to_int64(str_of(token), ret_before) || *ret_before < 1))
        return FAIL_FIELD(st, "page_token", "INVALID_FIELD",
                          "the page token is none that was given out");
    return STATUS_OK;
}

static status_code fill_list(const struct job *const *jobs, size_t count, bool has_more,
                             struct arena *arena, Ocrmesh__Ocr__V1__ListJobsResponse *reply,
                             struct status *st)
{
    reply->jobs = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__Job *, count + 1);
    if (reply->jobs == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++)
        TRY(job_message_make(jobs[i], arena, &reply->jobs[i], st));
    reply->n_jobs = count;
    if (!has_more)
        return STATUS_OK;
    reply->next_page_token = arena_printf(arena, "%" PRId64, jobs[count - 1]->number);
    return reply->next_page_token == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

status_code service_list_jobs(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__ListJobsRequest *wanted = request;
    struct service_caller caller;
    const struct job **jobs;
    size_t count;
    int64_t before;
    int state = STORE_STATE_ANY;
    int32_t size = wanted->page_size == 0 ? LIST_SIZE_DEFAULT : wanted->page_size;

    TRY(service_identify(service, call, &caller, st));
    if (caller.account_id == NULL)
        return FAIL(st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
                    "jobs are listed for accounts: send an API token");
    if (size < 1 || size > LIST_SIZE_MAX)
        return FAIL_FIELD(st, "page_size", "INVALID_FIELD", "page_size is 1 to %d", LIST_SIZE_MAX);
    TRY(read_state(wanted->state, &state, st));
    TRY(read_token(wanted->page_token, &before, st));
    /* One more than asked for tells whether there is a next page. */
    TRY(store_job_list(service->db, service_deadline(call), caller.account_id, state, before,
                       size + 1, rpc_call_arena(call), &jobs, &count, st));
    bool has_more = count > (size_t)size;
    return fill_list(jobs, has_more ? (size_t)size : count, has_more, rpc_call_arena(call),
                     response, st);
}

/* --- what became of jobs, for other services --- */

status_code service_find_missing_jobs(struct rpc_call *call, const void *request, void *response,
                                      void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__FindMissingJobsRequest *wanted = request;
    Ocrmesh__Ocr__V1__FindMissingJobsResponse *reply = response;

    if (wanted->n_job_ids > FIND_MISSING_MAX)
        return FAIL_FIELD(st, "job_ids", "INVALID_FIELD", "job_ids are at most %d",
                          FIND_MISSING_MAX);
    for (size_t i = 0; i < wanted->n_job_ids; i++) {
        if (!job_id_is_valid(wanted->job_ids[i]))
            return FAIL_FIELD(st, "job_ids", "INVALID_FIELD",
                              "a job id is 32 lower-case hexadecimal digits");
    }
    return store_missing_find(service->db, service_deadline(call), wanted->job_ids,
                              wanted->n_job_ids, rpc_call_arena(call), &reply->missing_job_ids,
                              &reply->n_missing_job_ids, st);
}
