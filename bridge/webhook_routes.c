/*
 * Notices of jobs that have ended (API: B18): how one stands, with a log of its attempts, posting
 * it again, and the secret that signs those of an account.
 */

#include "bridge/bridge.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/rpc/timestamp.h"
#include "ocrmesh/ocr/v1/webhook_service.pb-c.h"

#define WEBHOOKS (&ocrmesh__ocr__v1__webhook_service__descriptor)

enum { WEBHOOK_BODY_MAX = 256 * 1024 };

static const struct rpc_method get_webhook = {WEBHOOKS, "GetWebhook", RPC_UNARY};
static const struct rpc_method resend_webhook = {WEBHOOKS, "ResendWebhook", RPC_UNARY};
static const struct rpc_method get_secret = {WEBHOOKS, "GetWebhookSecret", RPC_UNARY};
static const struct rpc_method rotate_secret = {WEBHOOKS, "RotateWebhookSecret", RPC_UNARY};

static bool member_string(struct buf *out, const char *name, const char *value)
{
    return json_write_name(out, name) && json_write_string(out, str_of(value));
}

static bool member_integer(struct buf *out, const char *name, int64_t value)
{
    return json_write_name(out, name) && json_write_integer(out, value);
}

/* null where it is unset. */
static bool member_time(struct buf *out, const char *name, const Google__Protobuf__Timestamp *time)
{
    return json_write_name(out, name) &&
           (time == NULL ? json_write_null(out) : json_write_time(out, rpc_timestamp_ns(time)));
}

/* --- notices --- */

static const char *state_word(Ocrmesh__Ocr__V1__WebhookState state)
{
    switch ((int)state) {
    case OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_SENDING:
        return "sending";
    case OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_DELIVERED:
        return "delivered";
    case OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_FAILED:
        return "failed";
    default:
        return "waiting";
    }
}

/* "status" and "error": one of them is null. */
static bool write_delivery(struct buf *out, const Ocrmesh__Ocr__V1__WebhookDelivery *delivery)
{
    bool is_answered = delivery->http_status != 0;

    return json_write_begin_object(out) && member_integer(out, "attempt", delivery->attempt) &&
           member_time(out, "started_at", delivery->start_time) &&
           member_integer(out, "duration_ms", delivery->duration_ms) &&
           json_write_name(out, "status") &&
           (is_answered ? json_write_integer(out, delivery->http_status) : json_write_null(out)) &&
           json_write_name(out, "error") &&
           (is_answered ? json_write_null(out) : json_write_string(out, str_of(delivery->error))) &&
           json_write_end_object(out);
}

static bool write_webhook(struct buf *out, const Ocrmesh__Ocr__V1__Webhook *webhook)
{
    if (webhook == NULL || !json_write_begin_object(out) ||
        !member_string(out, "uuid", webhook->job_id) || !member_string(out, "url", webhook->url) ||
        !member_string(out, "state", state_word(webhook->state)) ||
        !member_string(out, "webhook_id", webhook->message_id) ||
        !member_time(out, "next_attempt_at", webhook->next_attempt_time) ||
        !json_write_name(out, "deliveries") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < webhook->n_deliveries; i++)
        if ((i > 0 && !buf_append_char(out, ',')) || !write_delivery(out, webhook->deliveries[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static void answer_webhook(struct exchange *exchange, enum http_status status,
                           const Ocrmesh__Ocr__V1__Webhook *webhook)
{
    struct buf body;

    buf_init(&body, WEBHOOK_BODY_MAX);
    bool is_written = write_webhook(&body, webhook);
    json_answer(exchange, status, is_written, &body);
}

static void on_webhook(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__GetWebhookResponse *response = reply;

    answer_webhook(exchange, HTTP_STATUS_OK, response->webhook);
}

void webhook_get(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__GetWebhookRequest request = OCRMESH__OCR__V1__GET_WEBHOOK_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &get_webhook, &request, on_webhook,
                   NULL);
}

static void on_resent(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__ResendWebhookResponse *response = reply;

    answer_webhook(exchange, HTTP_STATUS_ACCEPTED, response->webhook);
}

void webhook_resend(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__ResendWebhookRequest request = OCRMESH__OCR__V1__RESEND_WEBHOOK_REQUEST__INIT;

    request.job_id = (char *)exchange_param(exchange, "uuid");
    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &resend_webhook, &request, on_resent,
                   NULL);
}

/* --- the secret --- */

static void answer_secret(struct exchange *exchange, const Ocrmesh__Ocr__V1__WebhookSecret *secret)
{
    struct buf body;

    buf_init(&body, JSON_ANSWER_MAX_BYTES);
    bool is_written = secret != NULL && json_write_begin_object(&body) &&
                      member_string(&body, "secret", secret->secret) &&
                      member_time(&body, "created_at", secret->create_time) &&
                      member_time(&body, "previous_expires_at", secret->previous_expire_time) &&
                      json_write_end_object(&body);
    json_answer(exchange, HTTP_STATUS_OK, is_written, &body);
}

static void on_secret(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__GetWebhookSecretResponse *response = reply;

    answer_secret(exchange, response->secret);
}

void webhook_secret_get(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__GetWebhookSecretRequest request =
        OCRMESH__OCR__V1__GET_WEBHOOK_SECRET_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &get_secret, &request, on_secret,
                   NULL);
}

static void on_rotated(struct exchange *exchange, const void *reply, void *data)
{
    const Ocrmesh__Ocr__V1__RotateWebhookSecretResponse *response = reply;

    answer_secret(exchange, response->secret);
}

void webhook_secret_rotate(struct exchange *exchange)
{
    Ocrmesh__Ocr__V1__RotateWebhookSecretRequest request =
        OCRMESH__OCR__V1__ROTATE_WEBHOOK_SECRET_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->ocr, &rotate_secret, &request, on_rotated,
                   NULL);
}
