#include "bridge/job_wait.h"

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/job_json.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

struct job_wait {
    const char *job_id;
    struct upstream *upstream;
    void (*on_job)(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job);
};

static const struct rpc_method watch_job = {&ocrmesh__ocr__v1__ocr_service__descriptor, "WatchJob",
                                            RPC_SERVER_STREAM};
static const struct rpc_method get_job = {&ocrmesh__ocr__v1__ocr_service__descriptor, "GetJob",
                                          RPC_UNARY};

static void on_reply(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__GetJobResponse *response = reply;
    struct job_wait *wait = data;
    struct status st = {0};

    if (response->job != NULL) {
        wait->on_job(exchange, response->job);
        return;
    }
    (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service answered without a job");
    error_respond(exchange, &st);
}

/* Enough waited: the job as it is. */
static void ask(struct exchange *exchange, struct job_wait *wait)
{
    Ocrmesh__Ocr__V1__GetJobRequest request = OCRMESH__OCR__V1__GET_JOB_REQUEST__INIT;

    exchange_set_timer(exchange, 0);
    request.job_id = (char *)wait->job_id;
    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &get_job, &request, on_reply, wait);
}

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__WatchJobResponse *response = message;
    struct job_wait *wait = data;

    if (response->job == NULL || !job_json_has_ended(response->job)) {
        upstream_read(wait->upstream);
        return;
    }
    exchange_set_timer(exchange, 0);
    upstream_release(TAKE(wait->upstream));
    wait->on_job(exchange, response->job);
}

/* The watch itself broke off; the job has not. */
static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct job_wait *wait = data;

    wait->upstream = NULL;
    ask(exchange, wait);
}

static const struct upstream_handler upstream_handler = {
    .on_message = on_message,
    .on_end = on_end,
};

static void on_timer(struct exchange *exchange, void *data)
{
    struct job_wait *wait = data;

    if (wait->upstream != NULL)
        upstream_cancel(TAKE(wait->upstream));
    ask(exchange, wait);
}

static const struct exchange_handler exchange_handler = {.on_timer = on_timer};

void job_wait_start(struct exchange *exchange, const char *job_id, int64_t timeout_ms,
                    void (*on_job)(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job))
{
    Ocrmesh__Ocr__V1__WatchJobRequest request = OCRMESH__OCR__V1__WATCH_JOB_REQUEST__INIT;
    struct job_wait *wait = ARENA_NEW(exchange_arena(exchange), struct job_wait);
    struct status st = {0};
    status_code code;

    if (wait != NULL)
        wait->job_id = arena_strdup(exchange_arena(exchange), job_id);
    if (wait == NULL || wait->job_id == NULL) {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
        return;
    }
    wait->on_job = on_job;
    exchange_set_handler(exchange, &exchange_handler, wait);
    request.job_id = (char *)wait->job_id;
    code = upstream_ask(exchange, exchange_bridge(exchange)->ocr, &watch_job, 0, &request,
                        &upstream_handler, wait, &wait->upstream, &st);
    if (code != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    exchange_set_timer(exchange, timeout_ms);
}
