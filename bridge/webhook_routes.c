/*
 * Notices of jobs that have ended (API: B18): how one stands, with a log of its attempts, posting
 * it again, and the secret that signs those of an account.
 */

#include "bridge/bridge.h"
#include "bridge/json_answer.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "bridge/webhook_json.h"

#define WEBHOOKS (&ocrmesh__ocr__v1__webhook_service__descriptor)

static const struct rpc_method get_webhook = {WEBHOOKS, "GetWebhook", RPC_UNARY};
static const struct rpc_method resend_webhook = {WEBHOOKS, "ResendWebhook", RPC_UNARY};
static const struct rpc_method get_secret = {WEBHOOKS, "GetWebhookSecret", RPC_UNARY};
static const struct rpc_method rotate_secret = {WEBHOOKS, "RotateWebhookSecret", RPC_UNARY};

/* --- notices --- */

static void answer_webhook(struct exchange *exchange, enum http_status status,
                           const Ocrmesh__Ocr__V1__Webhook *webhook)
{
    struct buf body;

    buf_init(&body, WEBHOOK_JSON_MAX_BYTES);
    bool is_written = webhook != NULL && webhook_json_write(&body, webhook);
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
    bool is_written = secret != NULL && webhook_json_write_secret(&body, secret);
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
