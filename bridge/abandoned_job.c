#include "bridge/abandoned_job.h"

#include "bridge/bridge.h"
#include "bridge/upstream.h"
#include "lib/log/log.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

struct abandoned_job {
    struct exchange *exchange;
    const char *job_id;
    struct exchange_cancel cancel;
};

static const struct rpc_method cancel_job = {&ocrmesh__ocr__v1__ocr_service__descriptor,
                                             "CancelJob", RPC_UNARY};

static void on_close(void *arg)
{
    const struct abandoned_job *job = arg;
    Ocrmesh__Ocr__V1__CancelJobRequest request = OCRMESH__OCR__V1__CANCEL_JOB_REQUEST__INIT;
    struct status st = {0};

    if (exchange_is_committed(job->exchange))
        return;
    request.job_id = (char *)job->job_id;
    if (upstream_tell(job->exchange, exchange_bridge(job->exchange)->ocr, &cancel_job, &request,
                      &st) != STATUS_OK)
        log_failure(LOG_WARNING, "a job whose submitter has gone was not cancelled", &st);
    else
        log_write(LOG_INFO, "a job is cancelled, for its submitter has gone",
                  LOG_STRING("request_id", exchange_request_id(job->exchange)));
}

void abandoned_job_watch(struct exchange *exchange, const char *job_id)
{
    struct abandoned_job *job = ARENA_NEW(exchange_arena(exchange), struct abandoned_job);

    if (job == NULL)
        return; /* it is read to its end */
    job->exchange = exchange;
    job->job_id = arena_strdup(exchange_arena(exchange), job_id);
    job->cancel = (struct exchange_cancel){on_close, job, NULL};
    if (job->job_id != NULL)
        exchange_add_cancel(exchange, &job->cancel);
}
