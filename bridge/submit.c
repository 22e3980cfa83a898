/*
 * POST /api/v1/ocr/: the body goes on to the ocr service as it arrives (design: The life of a job).
 *
 * First it is asked whether the caller may submit at all (submit_caller.h). Then form and RPC run
 * side by side: what the RPC has not taken waits in `pending`, and the client is not read while
 * that is full. A short job is waited for.
 */

#include <stdlib.h>

#include "bridge/abandoned_job.h"
#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/idempotency_key.h"
#include "bridge/job_answer.h"
#include "bridge/job_json.h"
#include "bridge/job_patience.h"
#include "bridge/job_wait.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/submit_caller.h"
#include "bridge/submit_form.h"
#include "bridge/upstream.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"

enum {
    CHUNK_BYTES = 256 * 1024,        /* of one message; half of what the service takes */
    PENDING_HIGH_BYTES = 128 * 1024, /* the client is read up to here */
    PENDING_MAX_BYTES = 512 * 1024,  /* with the pieces that were on their way then */
    SERVICE_TIMEOUT_MS = 120000,     /* longest wait for the service: for room, for its answer */
    VALIDATION_MAX_BYTES = 1024,
    WAIT_UNSAID = -1,
};

struct submission {
    struct submit_form *form;
    struct upstream *upstream;
    struct buf pending; /* of the file */
    const char *idempotency_key;
    int64_t wait_ms; /* for the job to end; or WAIT_UNSAID */
    bool is_writing;
    bool is_paused; /* the client is not read until the service has taken more */
    bool is_form_whole;
    bool is_write_closed;
};

static const struct rpc_method submit = {&ocrmesh__ocr__v1__ocr_service__descriptor, "SubmitJob",
                                         RPC_CLIENT_STREAM};

static void release(struct submission *submission)
{
    submit_form_free(TAKE(submission->form));
    buf_deinit(&submission->pending);
}

static void fail(struct exchange *exchange, struct submission *submission, const struct status *st)
{
    if (submission->upstream != NULL)
        upstream_cancel(TAKE(submission->upstream));
    error_respond(exchange, st);
}

/* --- towards the service --- */

static status_code send_options(struct submission *submission, struct status *st)
{
    Ocrmesh__Ocr__V1__SubmitJobRequest message = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__INIT;
    Ocrmesh__Ocr__V1__JobOptions options = *submit_form_job_options(submission->form);

    options.request_id = (char *)submission->idempotency_key;
    message.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_OPTIONS;
    message.options = &options;
    return upstream_write(submission->upstream, &message, st);
}

static status_code send_chunk(struct submission *submission, struct status *st)
{
    Ocrmesh__Ocr__V1__SubmitJobRequest message = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__INIT;
    struct buf *pending = &submission->pending;

    message.part_case = OCRMESH__OCR__V1__SUBMIT_JOB_REQUEST__PART_CHUNK;
    message.chunk.data = (uint8_t *)pending->data;
    message.chunk.len = pending->length < CHUNK_BYTES ? pending->length : CHUNK_BYTES;
    TRY(upstream_write(submission->upstream, &message, st));
    buf_consume(pending, message.chunk.len);
    return STATUS_OK;
}

/* Sends what is next, one message at a time; options go ahead of bytes, so that a wrong one is
 * known early. */
static status_code send_next(struct exchange *exchange, struct submission *submission,
                             struct status *st)
{
    if (submission->is_writing || submission->is_write_closed || submission->upstream == NULL)
        return STATUS_OK;
    if (submit_form_take_changed(submission->form)) {
        submission->is_writing = true;
        return send_options(submission, st);
    }
    if (submission->pending.length > 0) {
        submission->is_writing = true;
        return send_chunk(submission, st);
    }
    if (submission->is_form_whole) {
        submission->is_write_closed = true;
        upstream_close_write(submission->upstream);
        exchange_set_timer(exchange, SERVICE_TIMEOUT_MS);
    }
    return STATUS_OK;
}

static void pause_reading(struct exchange *exchange, struct submission *submission)
{
    submission->is_paused = true;
    exchange_pause(exchange);
    exchange_set_timer(exchange, SERVICE_TIMEOUT_MS);
}

static void resume(struct exchange *exchange, struct submission *submission)
{
    submission->is_paused = false;
    exchange_set_timer(exchange, 0);
    exchange_read(exchange);
}

static void on_written(struct exchange *exchange, void *data)
{
    struct submission *submission = data;
    struct status st = {0};

    submission->is_writing = false;
    if (send_next(exchange, submission, &st) != STATUS_OK)
        fail(exchange, submission, &st);
    else if (submission->is_paused && !submission->is_form_whole &&
             submission->pending.length < PENDING_HIGH_BYTES)
        resume(exchange, submission);
}

/* --- the answer --- */

static void answer_waited(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job)
{
    job_answer_start(exchange, job_json_has_ended(job) ? HTTP_STATUS_OK : HTTP_STATUS_ACCEPTED,
                     job);
}

/* API: B17. */
static void answer_validation(struct exchange *exchange,
                              const Ocrmesh__Ocr__V1__SubmitJobResponse *response)
{
    struct buf body;

    buf_init(&body, VALIDATION_MAX_BYTES);
    bool is_written = json_write_begin_object(&body) &&
                      json_member_integer(&body, "page_count", response->job->page_count) &&
                      json_member_integer(&body, "credits", response->price_credits) &&
                      json_write_end_object(&body);
    if (is_written)
        exchange_respond_json(exchange, HTTP_STATUS_OK, buf_str(&body));
    buf_deinit(&body);
}

static void on_message(struct exchange *exchange, const void *message, void *data)
{
    const Ocrmesh__Ocr__V1__SubmitJobResponse *response = message;
    const struct bridge_settings *settings = exchange_bridge(exchange)->settings;
    struct submission *submission = data;
    const Ocrmesh__Ocr__V1__Job *job = response->job;
    struct status st = {0};
    int64_t wait_ms = submission->wait_ms;
    struct str unused_key;
    bool is_validation = submit_form_job_options(submission->form)->validate_only;
    /* Who repeats the request with its key gets the job, and so does who is sent a notice. */
    bool is_known_to_nobody_else =
        !exchange_header(exchange, "idempotency-key", &unused_key) &&
        submit_form_job_options(submission->form)->webhook_url[0] == '\0';

    exchange_set_timer(exchange, 0);
    upstream_release(TAKE(submission->upstream));
    release(submission);
    if (job == NULL) {
        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the service answered without a job");
        error_respond(exchange, &st);
        return;
    }
    if (is_validation) {
        answer_validation(exchange, response);
        return;
    }
    exchange_add_header(exchange, "location", "/api/v1/ocr/%s/", job->job_id);
    if (response->is_replayed)
        exchange_add_header(exchange, "idempotent-replayed", "true");
    if (wait_ms == WAIT_UNSAID)
        wait_ms = job->page_count <= settings->inline_pages ? settings->inline_timeout_ms : 0;
    if (!job_json_has_ended(job) && wait_ms > 0) {
        if (is_known_to_nobody_else)
            abandoned_job_watch(exchange, job->job_id);
        job_wait_start(exchange, job->job_id, wait_ms, answer_waited);
    } else
        answer_waited(exchange, job);
}

static void on_end(struct exchange *exchange, const struct status *st, void *data)
{
    struct submission *submission = data;
    struct status failure = *st;

    submission->upstream = NULL;
    if (st->code == STATUS_OK)
        (void)FAIL(&failure, STATUS_INTERNAL, NULL, "the service answered nothing");
    submit_form_name_field(&failure);
    error_respond(exchange, &failure);
}

static const struct upstream_handler upstream_handler = {on_message, on_written, on_end};

/* --- from the client --- */

static status_code on_file(void *data, struct str bytes, struct status *st)
{
    struct submission *submission = data;

    if (!buf_append(&submission->pending, bytes.p, bytes.n))
        return FAIL_MEMORY(st);
    return STATUS_OK;
}

static status_code take_body(struct exchange *exchange, struct submission *submission,
                             struct str bytes, struct status *st)
{
    int64_t body_max = exchange_bridge(exchange)->settings->body_max_bytes;

    if (exchange_body_bytes(exchange) > body_max)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "TOO_LARGE",
                    "the request is larger than %lld bytes, the most that is taken",
                    (long long)body_max);
    TRY(submit_form_feed(submission->form, bytes, st));
    return send_next(exchange, submission, st);
}

static void on_body(struct exchange *exchange, struct str bytes, void *data)
{
    struct submission *submission = data;
    struct status st = {0};

    if (take_body(exchange, submission, bytes, &st) != STATUS_OK)
        fail(exchange, submission, &st);
    else if (submission->pending.length >= PENDING_HIGH_BYTES)
        pause_reading(exchange, submission);
}

static void on_body_end(struct exchange *exchange, void *data)
{
    struct submission *submission = data;
    struct status st = {0};
    status_code code = submit_form_finish(submission->form, &st);

    submission->is_form_whole = true;
    if (code == STATUS_OK)
        code = send_next(exchange, submission, &st);
    if (code != STATUS_OK)
        fail(exchange, submission, &st);
}

static void on_timer(struct exchange *exchange, void *data)
{
    struct status st = {0};

    (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, NULL, "the file was not taken in time");
    fail(exchange, data, &st);
}

static void on_close(struct exchange *exchange, void *data)
{
    release(data);
}

static const struct exchange_handler exchange_handler = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_timer = on_timer,
    .on_close = on_close,
};

/* --- the start --- */

static status_code begin(struct exchange *exchange, int64_t file_max_bytes,
                         struct submission *submission, struct status *st)
{
    struct submit_form_options options = {
        .file_max_bytes = file_max_bytes,
        .arena = exchange_arena(exchange),
        .on_file = on_file,
        .data = submission,
    };

    (void)exchange_header(exchange, "content-type", &options.content_type);
    TRY(idempotency_key_read(exchange, &submission->idempotency_key, st));
    TRY(job_patience_read(exchange, WAIT_UNSAID, &submission->wait_ms, st));
    TRY(submit_form_new(&options, &submission->form, st));
    return upstream_start(exchange, exchange_bridge(exchange)->ocr, &submit, 0, &upstream_handler,
                          submission, &submission->upstream, st);
}

static void on_allowed(struct exchange *exchange, int64_t file_max_bytes, void *data)
{
    struct submission *submission = data;
    struct status st = {0};

    buf_init(&submission->pending, PENDING_MAX_BYTES);
    exchange_set_handler(exchange, &exchange_handler, submission);
    if (begin(exchange, file_max_bytes, submission, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    upstream_read(submission->upstream);
    exchange_read(exchange);
}

void submit_job(struct exchange *exchange)
{
    struct submission *submission = ARENA_NEW(exchange_arena(exchange), struct submission);
    struct status st = {0};

    if (submission != NULL) {
        submit_caller_check(exchange, on_allowed, submission);
    } else {
        (void)FAIL_MEMORY(&st);
        error_respond(exchange, &st);
    }
}
