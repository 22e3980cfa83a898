#include "services/chat/service.h"

#include "lib/base/utf8.h"
#include "lib/mesh/billing_client.h"
#include "lib/rpc/client.h"
#include "lib/rpc/timestamp.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/chat/document_loader.h"
#include "services/chat/service_handlers.h"

enum { STATEMENT_TIMEOUT_MS = 10000 };

static const struct rpc_method get_job = {
    &ocrmesh__ocr__v1__ocr_service__descriptor,
    "GetJob",
    RPC_UNARY,
};

static const struct rpc_handler handlers[] = {
    {"AskQuestion", RPC_SERVER_STREAM, service_ask_question},
    {"GetConversation", RPC_UNARY, service_get_conversation},
    {"DeleteConversation", RPC_UNARY, service_delete_conversation},
    {"SearchPassages", RPC_UNARY, service_search_passages},
    {"ListPassages", RPC_UNARY, service_list_passages},
};

struct rpc_service chat_service_table(struct chat_service *service)
{
    return (struct rpc_service){
        .descriptor = &ocrmesh__chat__v1__chat_service__descriptor,
        .handlers = handlers,
        .handler_count = ARRAY_LENGTH(handlers),
        .data = service,
    };
}

int64_t service_deadline(const struct rpc_call *call)
{
    return rpc_call_deadline_within(call, STATEMENT_TIMEOUT_MS);
}

status_code service_identify(const struct chat_service *service, struct rpc_call *call,
                             struct service_caller *ret_caller, struct status *st)
{
    struct service_caller *caller = ret_caller;
    struct principal principal;
    size_t count;

    TRY(rpc_caller_read(call, &caller->identity, st));
    if (caller->identity.token.n > 0) {
        TRY(billing_client_authenticate(service->billing, call, &caller->identity, &principal, st));
        caller->account_id = principal.account_id;
        caller->key = principal.key;
    }
    if (caller->account_id == NULL)
        return FAIL(st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
                    "questions about documents need an account: send its API token");
    count = rpc_caller_forward(&caller->identity, rpc_call_arena(call), caller->metadata);
    if (count == 0)
        return FAIL_MEMORY(st);
    caller->options = (struct rpc_call_options){
        .parent = call,
        .metadata = {caller->metadata, count},
    };
    return STATUS_OK;
}

static status_code ask_ocr(const struct chat_service *service, struct rpc_call *call,
                           const struct service_caller *caller, const char *job_id,
                           const Ocrmesh__Ocr__V1__Job **ret_job, struct status *st)
{
    Ocrmesh__Ocr__V1__GetJobRequest request = OCRMESH__OCR__V1__GET_JOB_REQUEST__INIT;
    Ocrmesh__Ocr__V1__GetJobResponse *response = NULL;

    request.job_id = (char *)job_id;
    TRY(rpc_unary(service->ocr, &get_job, &caller->options, &request, rpc_call_arena(call),
                  &response, st));
    if (response->job == NULL || response->job->expire_time == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "ocr did not say what the job is");
    *ret_job = response->job;
    return STATUS_OK;
}

static struct service_job job_of(const Ocrmesh__Ocr__V1__Job *job)
{
    return (struct service_job){job->job_id, rpc_timestamp_ns(job->expire_time)};
}

status_code service_find_job(const struct chat_service *service, struct rpc_call *call,
                             const struct service_caller *caller, const char *job_id,
                             struct service_job *ret_job, struct status *st)
{
    const Ocrmesh__Ocr__V1__Job *job;

    TRY(ask_ocr(service, call, caller, job_id, &job, st));
    *ret_job = job_of(job);
    return STATUS_OK;
}

status_code service_find_done_job(const struct chat_service *service, struct rpc_call *call,
                                  const struct service_caller *caller, const char *job_id,
                                  struct service_job *ret_job, struct status *st)
{
    const Ocrmesh__Ocr__V1__Job *job;

    TRY(ask_ocr(service, call, caller, job_id, &job, st));
    switch (job->state) {
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE:
        *ret_job = job_of(job);
        return STATUS_OK;
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED:
    case OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_CANCELLED:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job %s, so there is no document to ask about",
                    job->state == OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_FAILED ? "failed"
                                                                                : "was cancelled");
    default:
        return FAIL(st, STATUS_FAILED_PRECONDITION, "JOB_NOT_DONE",
                    "the job is not done yet: %d of %d pages", (int)job->pages_done,
                    (int)job->page_count);
    }
}

status_code service_load_document(const struct chat_service *service,
                                  const struct service_caller *caller,
                                  const struct service_job *job,
                                  struct cached_document **ret_document, struct status *st)
{
    return document_loader_get(service->loader,
                               &(struct document_request){
                                   .job_id = job->id,
                                   .account_id = caller->account_id,
                                   .expire_time = job->expire_time,
                                   .options = &caller->options,
                               },
                               ret_document, st);
}

/* --- fields --- */

static bool is_utf8(struct str text)
{
    size_t step;

    for (size_t i = 0; i < text.n; i += step) {
        step = utf8_sequence(text.p + i, text.n - i);
        if (step == 0)
            return false;
    }
    return true;
}

status_code service_check_question(const char *field, const char *text, struct status *st)
{
    struct str question = str_of(text);

    if (str_trim(question).n == 0)
        return FAIL_FIELD(st, field, "INVALID_FIELD", "the %s is empty", field);
    if (question.n > QUESTION_MAX_BYTES)
        return FAIL_FIELD(st, field, "INVALID_FIELD",
                          "the %s has %zu bytes, and may have at most %d", field, question.n,
                          QUESTION_MAX_BYTES);
    if (!is_utf8(question))
        return FAIL_FIELD(st, field, "INVALID_FIELD", "the %s is not valid UTF-8", field);
    return STATUS_OK;
}

status_code service_check_request_id(const char *request_id, struct status *st)
{
    struct str id = str_of(request_id);

    if (id.n > REQUEST_ID_MAX_BYTES || !is_utf8(id))
        return FAIL_FIELD(st, "request_id", "INVALID_FIELD",
                          "a request id is at most %d bytes of valid UTF-8", REQUEST_ID_MAX_BYTES);
    return STATUS_OK;
}

status_code service_read_page_size(int32_t given, int32_t max, int32_t normal, int32_t *ret_size,
                                   struct status *st)
{
    if (given < 0 || given > max)
        return FAIL_FIELD(st, "page_size", "INVALID_FIELD", "a page has 1 to %d entries", (int)max);
    *ret_size = given == 0 ? normal : given;
    return STATUS_OK;
}

status_code service_read_page_token(const char *given, int32_t first, int32_t *ret_number,
                                    struct status *st)
{
    int64_t number = first;

    if (given[0] != '\0' &&
        (!str_to_int64(str_of(given), &number) || number < first || number > INT32_MAX))
        return FAIL_FIELD(st, "page_token", "INVALID_FIELD",
                          "the page token is none that was given out");
    *ret_number = (int32_t)number;
    return STATUS_OK;
}
