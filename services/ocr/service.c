#include "services/ocr/service.h"

#include "lib/base/clock.h"
#include "lib/mesh/billing_client.h"
#include "lib/rpc/caller.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_job.h"

enum { STATEMENT_TIMEOUT_MS = 10000 };

static const struct rpc_handler handlers[] = {
    {"SubmitJob", RPC_CLIENT_STREAM, service_submit_job},
    {"GetJob", RPC_UNARY, service_get_job},
    {"GetDocument", RPC_SERVER_STREAM, service_get_document},
    {"GetPageImage", RPC_SERVER_STREAM, service_get_page_image},
    {"WatchJob", RPC_SERVER_STREAM, service_watch_job},
    {"CancelJob", RPC_UNARY, service_cancel_job},
    {"DeleteJob", RPC_UNARY, service_delete_job},
    {"ListJobs", RPC_UNARY, service_list_jobs},
    {"ListLanguages", RPC_UNARY, service_list_languages},
    {"ListTools", RPC_UNARY, service_list_tools},
    {"GetQueue", RPC_UNARY, service_get_queue},
    {"FindMissingJobs", RPC_UNARY, service_find_missing_jobs},
};

struct rpc_service ocr_service_table(struct ocr_service *service)
{
    return (struct rpc_service){
        .descriptor = &ocrmesh__ocr__v1__ocr_service__descriptor,
        .handlers = handlers,
        .handler_count = ARRAY_LENGTH(handlers),
        .data = service,
    };
}

int64_t service_deadline(const struct rpc_call *call)
{
    return rpc_call_deadline_within(call, STATEMENT_TIMEOUT_MS);
}

status_code service_identify(const struct ocr_service *service, struct rpc_call *call,
                             struct service_caller *ret_caller, struct status *st)
{
    struct rpc_caller caller;
    struct principal principal = {0};

    TRY(rpc_caller_read(call, &caller, st));
    /* Who has no token sees what every holder of a job's id sees: billing need not be asked. */
    if (caller.token.n > 0)
        TRY(billing_client_authenticate(service->billing, call, &caller, &principal, st));
    *ret_caller = (struct service_caller){
        .account_id = principal.account_id,
        .key = principal.key != NULL ? principal.key : caller.client_address,
    };
    return STATUS_OK;
}

status_code service_find_job(const struct ocr_service *service, struct rpc_call *call,
                             const char *job_id, const struct job **ret_job,
                             struct service_caller *ret_caller, struct status *st)
{
    struct service_caller caller;
    const struct job *job;

    TRY(service_identify(service, call, &caller, st));
    TRY(store_job_get(service->db, service_deadline(call), job_id, rpc_call_arena(call), &job, st));
    TRY(job_check_visible(job, caller.account_id, time_wall(), st));
    *ret_job = job;
    if (ret_caller != NULL)
        *ret_caller = caller;
    return STATUS_OK;
}
