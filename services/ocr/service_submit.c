/*
 * SubmitJob: a file and its options come in, a job comes out, or nothing is left behind.
 *
 * The order is what it is so that a caller who is to be refused is refused early: who calls, how
 * many uploads it has, at the first part how many jobs and how long the queue is, each part as it
 * comes; then the file is looked into, then the price is reserved, and only then is something kept.
 * Whatever fails after that is taken back.
 */

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/base/wanted.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "lib/mesh/billing_client.h"
#include "lib/rpc/caller.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/inspector.h"
#include "services/ocr/job_message.h"
#include "services/ocr/metrics.h"
#include "services/ocr/page_ranges.h"
#include "services/ocr/queue_forecast.h"
#include "services/ocr/request_claim.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_doubt.h"
#include "services/ocr/store_job.h"
#include "services/ocr/submission.h"
#include "services/ocr/submit_parts.h"
#include "services/ocr/sweep.h"
#include "services/ocr/translate/translate.h"
#include "services/ocr/upload.h"
#include "services/ocr/upload_files.h"

enum {
    BLOB_TIMEOUT_MS = 120000,
    TAKE_BACK_TIMEOUT_MS = 10000,
    JOBS_RETRY_AFTER_MS = 5000,
};

static status_code find_made(struct submit *submit, const char *job_id,
                             Ocrmesh__Ocr__V1__SubmitJobResponse *reply, struct status *st)
{
    const struct job *job;

    TRY(store_job_get(submit->service->db, service_deadline(submit->call), job_id,
                      rpc_call_arena(submit->call), &job, st));
    reply->price_credits = job->price_credits;
    return job_message_make(job, rpc_call_arena(submit->call), &reply->job, st);
}

/* --- who --- */

static status_code check_jobs_at_once(const struct submit *submit, struct status *st)
{
    int64_t active;

    if (submit->principal.jobs_at_once == 0)
        return STATUS_OK;
    TRY(store_job_count_active(submit->service->db, service_deadline(submit->call),
                               submit->principal.key, &active, st));
    if (active < submit->principal.jobs_at_once)
        return STATUS_OK;
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "RATE_LIMITED",
               "your plan has %d jobs at work at once; wait until one has ended",
               (int)submit->principal.jobs_at_once);
    st->retry_after_ms = JOBS_RETRY_AFTER_MS;
    return st->code;
}

static status_code admit(struct submit *submit, struct status *st)
{
    TRY(check_jobs_at_once(submit, st));
    TRY(queue_forecast_admit(submit->service->forecast, submit->principal.key,
                             submit->principal.queue_priority, service_deadline(submit->call), st));
    submit->is_admitted = true;
    return STATUS_OK;
}

/* --- the file --- */

static status_code inspect(const struct submit *submit, struct worker_document *ret_document,
                           struct status *st)
{
    int32_t cap = submit->principal.pages_per_file;
    struct worker_document document;

    TRY(inspector_look(submit->service->inspector, submit->job_id, upload_fd(submit->upload),
                       cap > 0 ? (uint32_t)cap : 1, rpc_call_deadline(submit->call), &document,
                       st));
    if ((int64_t)document.page_count > cap) {
        (void)FAIL(
            st, STATUS_RESOURCE_EXHAUSTED, "PAGE_CAP",
            "the file has %u pages and your plan allows %d a file; split the file, or take a "
            "larger plan",
            document.page_count, (int)cap);
        (void)status_add_info(st, "used", "%u", document.page_count);
        (void)status_add_info(st, "cap", "%d", (int)cap);
        return status_add_info(st, "period", "file");
    }
    *ret_document = document;
    return STATUS_OK;
}

/* --- the job --- */

static int64_t retention_seconds(const struct submit *submit)
{
    int64_t of_plan = submit->principal.retention_seconds;
    int64_t asked = submit->options.retention_seconds;

    if (asked == 0)
        return of_plan;
    /* Nobody owns an anonymous result, so that it never outlives the plan's time. */
    return submit->principal.account_id == NULL && asked > of_plan ? of_plan : asked;
}

static struct job make_job(const struct submit *submit, const struct worker_document *document,
                           int32_t page_count)
{
    return (struct job){
        .id = submit->job_id,
        .account_id = submit->principal.account_id,
        .principal_key = submit->principal.key,
        .state = JOB_PENDING,
        .tier = (job_tier)submit->options.tier,
        .language = submission_language(&submit->options),
        .tool = submit->options.tool,
        .translate_to = submit->options.translate_to,
        .file_name = submit->options.file_name,
        .media_type = document->media_type,
        .size_bytes = upload_size(submit->upload),
        .discards_renditions = submit->options.discards_renditions,
        .page_count = page_count,
        .priority = submit->principal.queue_priority,
        .revision = 1,
        .reservation_id = submit->reservation.id,
        .price_credits = submit->reservation.reserved_credits,
        .engine_name = "",
        .engine_version = "",
        .engine_models = "",
        .warnings = "",
        .error_reason = "",
        .error_message = "",
        .retention_seconds = retention_seconds(submit),
    };
}

/* The job as it begins. @job_id: "" in the answer to `validate_only`: a job that is not. */
static status_code answer_new(struct submit *submit, const struct worker_document *document,
                              int32_t page_count, const char *job_id,
                              Ocrmesh__Ocr__V1__SubmitJobResponse *reply, struct status *st)
{
    struct arena *arena = rpc_call_arena(submit->call);
    struct job job = make_job(submit, document, page_count);

    job.id = arena_strdup(arena, job_id);
    job.media_type = arena_strdup(arena, document->media_type);
    job.create_time = time_wall();
    job.expire_time = job.create_time + job.retention_seconds * NANOSECONDS_PER_SECOND;
    if (job.id == NULL || job.media_type == NULL)
        return FAIL_MEMORY(st);
    reply->price_credits = submit->reservation.reserved_credits;
    return job_message_make(&job, arena, &reply->job, st);
}

/* The job has come to be, and no failure may be answered any more. */
static status_code answer_made(struct submit *submit, const struct worker_document *document,
                               int32_t page_count, Ocrmesh__Ocr__V1__SubmitJobResponse *reply,
                               struct status *st)
{
    struct status failure = {0};

    if (find_made(submit, submit->job_id, reply, &failure) == STATUS_OK)
        return STATUS_OK;
    log_failure(LOG_WARNING, "a job was answered without being read back", &failure,
                LOG_STRING("job_id", submit->job_id));
    return answer_new(submit, document, page_count, submit->job_id, reply, st);
}

static status_code insert(struct submit *submit, const struct worker_document *document,
                          const int32_t *indexes, size_t count, const unsigned char *fingerprint,
                          struct status *st)
{
    const struct job job = make_job(submit, document, (int32_t)count);
    struct store_new_job new_job = {
        .job = &job,
        .page_indexes = indexes,
        .reservation_extend_time = sweep_extend_time(submit->reservation.expire_time),
        .webhook_url = submit->options.webhook_url[0] != '\0' ? submit->options.webhook_url : NULL,
    };
    char key[JOB_BLOB_KEY_SIZE];
    char traceparent[TRACEPARENT_SIZE];

    trace_context_format(trace_context_current(), traceparent);
    if (traceparent[0] != '\0')
        new_job.traceparent = traceparent;
    if (submit->claim.is_held) {
        new_job.request_id = submit->claim.request_id;
        new_job.claim_token = submit->claim.token;
        new_job.fingerprint = (struct str){(const char *)fingerprint, UPLOAD_HASH_SIZE};
    }
    job_upload_key(submit->job_id, key);
    submit->has_blob = true;
    TRY(blob_put(submit->service->blobs, key, upload_fd(submit->upload),
                 upload_size(submit->upload), time_mono_after_ms(BLOB_TIMEOUT_MS), st));
    upload_files_add(submit->service->files, submit->job_id, upload_fd(submit->upload),
                     upload_size(submit->upload));
    return store_job_insert(submit->service->db, service_deadline(submit->call), &new_job, st);
}

/* The job of the first submission with this request id, when it was the same one. */
static status_code replay(struct submit *submit, const unsigned char *fingerprint,
                          Ocrmesh__Ocr__V1__SubmitJobResponse *reply, struct status *st)
{
    if (memcmp(fingerprint, submit->claim.fingerprint, UPLOAD_HASH_SIZE) != 0)
        return FAIL_FIELD(st, "request_id", "IDEMPOTENCY_KEY_REUSED",
                          "this request id was given to another file or other options");
    TRY(find_made(submit, submit->claim.job_id, reply, st));
    reply->is_replayed = true;
    return STATUS_OK;
}

/* Whether what failed so may have been done all the same. */
static bool leaves_doubt(const struct status *failure)
{
    return failure->code == STATUS_UNAVAILABLE || failure->code == STATUS_DEADLINE_EXCEEDED ||
           failure->code == STATUS_CANCELLED;
}

static status_code reserve(struct submit *submit, int32_t page_count, struct status *st)
{
    status_code code = billing_client_reserve(
        submit->service->billing, submit->call, &submit->caller, &submit->principal, submit->job_id,
        (Ocrmesh__Ocr__V1__Tier)submit->options.tier, page_count, submit->options.validate_only,
        &submit->reservation, st);

    submit->is_in_doubt = code != STATUS_OK && leaves_doubt(st) && !submit->options.validate_only;
    return code;
}

/* Whether a job whose insertion failed is there all the same: the answer to its commit was lost. */
static bool was_inserted(struct submit *submit, Ocrmesh__Ocr__V1__SubmitJobResponse *reply,
                         const struct status *failure, bool *ret_in_doubt)
{
    struct status st = {0};

    *ret_in_doubt = false;
    (void)wanted_swap((struct wanted){0}); /* from here on it is a matter of leaving no doubt */
    if (!leaves_doubt(failure))
        return false;
    status_code code = find_made(submit, submit->job_id, reply, &st);
    *ret_in_doubt = code != STATUS_OK && code != STATUS_NOT_FOUND;
    return code == STATUS_OK;
}

static status_code make(struct submit *submit, Ocrmesh__Ocr__V1__SubmitJobResponse *reply,
                        struct status *st)
{
    unsigned char hash[UPLOAD_HASH_SIZE];
    unsigned char fingerprint[UPLOAD_HASH_SIZE];
    struct worker_document document;
    const int32_t *indexes;
    size_t count;

    TRY(submission_check_whole(&submit->options, st));
    if (submission_translates(&submit->options))
        TRY(translator_check(submit->service->translator, submission_language(&submit->options),
                             submit->options.translate_to, st));
    submit->options.tier = (int)submission_tier(&submit->options, submit->service->has_vlm);
    upload_hash(submit->upload, hash);
    submission_fingerprint(&submit->options, hash, fingerprint);
    if (submit->claim.is_made)
        return replay(submit, fingerprint, reply, st);
    random_id(submit->job_id);
    TRY(inspect(submit, &document, st));
    TRY(page_ranges_select(str_of(submit->options.page_ranges), (int32_t)document.page_count,
                           rpc_call_arena(submit->call), &indexes, &count, st));
    TRY(reserve(submit, (int32_t)count, st));
    if (submit->options.validate_only) {
        submit->reservation.id = NULL;
        return answer_new(submit, &document, (int32_t)count, "", reply, st);
    }
    if (rpc_call_is_cancelled(submit->call))
        return FAIL(st, STATUS_CANCELLED, NULL, "the caller has gone");
    if (insert(submit, &document, indexes, count, fingerprint, st) == STATUS_OK)
        return answer_made(submit, &document, (int32_t)count, reply, st);
    if (was_inserted(submit, reply, st, &submit->is_in_doubt))
        return STATUS_OK;
    if (submit->is_in_doubt) {
        /* The job may be there: its reservation and upload must be, too. If it is not, they are
         * swept. */
        submit->reservation.id = NULL;
        submit->has_blob = false;
    }
    return st->code;
}

/* Leaves nothing behind of a submission that failed, or that only asked for its price. */
static void take_back(struct submit *submit)
{
    const struct wanted wanted_before = wanted_swap((struct wanted){0});
    struct status st = {0};
    int64_t deadline = time_mono_after_ms(TAKE_BACK_TIMEOUT_MS);
    char key[JOB_BLOB_KEY_SIZE];

    if (submit->reservation.id != NULL &&
        billing_client_release(submit->service->billing, submit->reservation.id, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a reservation was not released, and will expire", &st,
                    LOG_STRING("job_id", submit->job_id));
    if (submit->is_in_doubt &&
        store_doubt_insert(submit->service->db, deadline, submit->job_id, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "what may be reserved is not released, and will expire", &st,
                    LOG_STRING("job_id", submit->job_id));
    if (submit->has_blob) {
        job_upload_key(submit->job_id, key);
        upload_files_drop(submit->service->files, submit->job_id);
        if (blob_delete(submit->service->blobs, key, deadline, &st) != STATUS_OK)
            log_failure(LOG_WARNING, "an upload was not deleted, and will be swept", &st,
                        LOG_STRING("job_id", submit->job_id));
    }
    request_claim_release(&submit->claim, deadline);
    (void)wanted_swap(wanted_before);
}

static status_code submit_job(struct submit *submit, Ocrmesh__Ocr__V1__SubmitJobResponse *reply,
                              struct status *st)
{
    TRY(rpc_caller_read(submit->call, &submit->caller, st));
    TRY(billing_client_authenticate(submit->service->billing, submit->call, &submit->caller,
                                    &submit->principal, st));
    TRY(gate_enter(submit->service->uploads_gate, submit->principal.key, &submit->pass, st));
    TRY(submit_parts_read(submit, admit, st));
    return make(submit, reply, st);
}

status_code service_submit_job(struct rpc_call *call, const void *request, void *response,
                               void *data, struct status *st)
{
    const struct ocr_service *service = data;
    struct submit submit = {.service = service, .call = call};
    status_code code;

    submission_init(&submit.options);
    code = submit_job(&submit, response, st);
    if (code != STATUS_OK)
        atomic_fetch_add(&service->metrics->jobs_refused, 1);
    else if (!submit.options.validate_only)
        atomic_fetch_add(&service->metrics->jobs_submitted, 1);
    if (code != STATUS_OK || submit.options.validate_only)
        take_back(&submit);
    if (submit.is_admitted)
        queue_forecast_leave(service->forecast);
    upload_free(submit.upload);
    gate_leave(&submit.pass);
    return code;
}
