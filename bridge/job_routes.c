/*
 * GET /api/v1/ocr/<uuid>/, DELETE of it, and the list of a caller's jobs.
 */

#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/answer_cache.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/job_answer.h"
#include "bridge/job_json.h"
#include "bridge/job_patience.h"
#include "bridge/job_wait.h"
#include "bridge/routes.h"
#include "bridge/shared_call.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    LIST_BODY_MAX_BYTES = 4 << 20, /* 100 jobs with their warnings; one message is 1 MiB */
};

static const struct shared_method get_job = {
    {&ocrmesh__ocr__v1__ocr_service__descriptor, "GetJob", RPC_UNARY}};
static const struct rpc_method delete_job = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                             "DeleteJob", RPC_UNARY};
static const struct rpc_method list_jobs = {&ocrmesh__ocr__v1__ocr_service__descriptor, "ListJobs",
                                            RPC_UNARY};

/* --- get --- */

static void answer_job(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job)
{
    if (!job_answer_if_unchanged(exchange, job))
        job_answer_start(exchange, HTTP_STATUS_OK, job);
}

static void on_job(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__GetJobResponse *response = reply;
    struct status st = {0};
    int64_t wait_ms = 0;
    status_code code;

    if (response->job == NULL)
        code = FAIL(&st, STATUS_INTERNAL, NULL, "the service answered without a job");
    else
        code = job_patience_read(exchange, 0, &wait_ms, &st);
    if (code != STATUS_OK)
        error_respond(exchange, &st);
    else if (wait_ms > 0 && !job_json_has_ended(response->job))
        job_wait_start(exchange, response->job->job_id, wait_ms, answer_job);
    else
        answer_job(exchange, response->job);
}

void job_get(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__GetJobRequest request = OCRMESH__OCR__V1__GET_JOB_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    shared_call(exchange, exchange_bridge(exchange)->ocr, &get_job, &request, on_job, NULL);
}

/* --- delete (API: B15) --- */

static void on_deleted(struct exchange *exchange, const void *reply, void *data)
{
    answer_cache_drop(exchange_bridge(exchange)->answers, str_of(exchange_param(exchange, "uuid")));
    exchange_respond(exchange, HTTP_STATUS_NO_CONTENT);
    exchange_end(exchange);
}

void job_delete(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__DeleteJobRequest request = OCRMESH__OCR__V1__DELETE_JOB_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &delete_job, &request, on_deleted,
                   NULL);
}

/* --- list (API: B19) --- */

static bool write_jobs(struct buf *out, const Ocrmesh__Ocr__V1__ListJobsResponse *response)
{
    if (!json_write_begin_object(out) || !json_write_name(out, "jobs") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_jobs; i++) {
        if (i > 0 && !buf_append_str(out, ","))
            return false;
        if (!job_json_write(out, response->jobs[i], false))
            return false;
    }
    if (!json_write_end_array(out) || !json_write_name(out, "next_page_token"))
        return false;
    return (response->next_page_token[0] != '\0'
                ? json_write_string(out, str_of(response->next_page_token))
                : json_write_null(out)) &&
           json_write_end_object(out) && buf_append_char(out, '\n');
}

static void on_jobs(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;
    struct status st = {0};

    buf_init(&body, LIST_BODY_MAX_BYTES);
    if (write_jobs(&body, reply)) {
        exchange_respond_json(exchange, HTTP_STATUS_OK, buf_str(&body));
    } else {
        (void)FAIL(&st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY",
                   "there is no memory left for this answer; ask for a smaller page_size");
        error_respond(exchange, &st);
    }
    buf_deinit(&body);
}

static const struct {
    const char *name;
    Ocrmesh__Ocr__V1__JobState state;
} states[] = {
    {"pending", OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PENDING},
    {"processing", OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_PROCESSING},
    {"done", OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE},
    {"failed", OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED},
};

static status_code read_state(const struct exchange *exchange,
                              Ocrmesh__Ocr__V1__JobState *ret_state, struct status *st)
{
    struct str text;

    *ret_state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_UNSPECIFIED;
    if (!exchange_query(exchange, "status", &text))
        return STATUS_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        if (str_equal(text, str_of(states[i].name))) {
            *ret_state = states[i].state;
            return STATUS_OK;
        }
    }
    return FAIL_FIELD(st, "status", "INVALID_FIELD",
                      "status must be pending, processing, done or failed");
}

static status_code start_list(struct exchange *exchange, struct status *st)
{
    Ocrmesh__Ocr__V1__ListJobsRequest request = OCRMESH__OCR__V1__LIST_JOBS_REQUEST__INIT;
    struct str text;
    int64_t size = 0;

    if (exchange_query(exchange, "page_size", &text) &&
        (!str_to_int64(text, &size) || size < 1 || size > 100))
        return FAIL_FIELD(st, "page_size", "INVALID_FIELD",
                          "page_size must be a number from 1 to 100");
    request.page_size = (int32_t)size;
    /* Query values are NUL-terminated. */
    if (exchange_query(exchange, "page_token", &text))
        request.page_token = (char *)text.p;
    TRY(read_state(exchange, &request.state, st));
    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &list_jobs, &request, on_jobs, NULL);
    return STATUS_OK;
}

void job_list(struct exchange *exchange)
{
    struct status st = {0};

    if (start_list(exchange, &st) != STATUS_OK)
        error_respond(exchange, &st);
}
