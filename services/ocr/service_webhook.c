/* WebhookService: how notices stand, posting them again, and the secrets that sign them. */

#include <string.h>

#include "lib/base/gate.h"
#include "lib/mesh/billing_client.h"
#include "lib/rpc/caller.h"
#include "lib/rpc/timestamp.h"
#include "ocrmesh/ocr/v1/webhook_service.pb-c.h"
#include "services/ocr/service_handlers.h"
#include "services/ocr/store_webhook.h"
#include "services/ocr/webhook/webhook_message.h"

enum { EXPORT_ARENA_MAX_BYTES = 1 << 20 }; /* of one notice */

static const struct rpc_handler handlers[] = {
    {"GetWebhook", RPC_UNARY, service_get_webhook},
    {"ResendWebhook", RPC_UNARY, service_resend_webhook},
    {"ExportWebhooks", RPC_SERVER_STREAM, service_export_webhooks},
    {"GetWebhookSecret", RPC_UNARY, service_get_webhook_secret},
    {"RotateWebhookSecret", RPC_UNARY, service_rotate_webhook_secret},
};

struct rpc_service ocr_webhook_service_table(struct ocr_service *service)
{
    return (struct rpc_service){
        .descriptor = &ocrmesh__ocr__v1__webhook_service__descriptor,
        .handlers = handlers,
        .handler_count = ARRAY_LENGTH(handlers),
        .data = service,
    };
}

/* --- notices --- */

static Ocrmesh__Ocr__V1__WebhookState state_of(const char *word)
{
    static const struct {
        const char *word;
        Ocrmesh__Ocr__V1__WebhookState state;
    } states[] = {
        {"waiting", OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_WAITING},
        {"sending", OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_SENDING},
        {"delivered", OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_DELIVERED},
        {"failed", OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_FAILED},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
        if (strcmp(states[i].word, word) == 0)
            return states[i].state;
    return OCRMESH__OCR__V1__WEBHOOK_STATE__WEBHOOK_STATE_UNSPECIFIED;
}

static status_code make_deliveries(const struct webhook *webhook, struct arena *arena,
                                   Ocrmesh__Ocr__V1__Webhook *message, struct status *st)
{
    size_t count = webhook->delivery_count;
    Ocrmesh__Ocr__V1__WebhookDelivery *deliveries =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__WebhookDelivery, count + 1);

    message->deliveries = ARENA_NEW_ARRAY(arena, Ocrmesh__Ocr__V1__WebhookDelivery *, count + 1);
    if (deliveries == NULL || message->deliveries == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < count; i++) {
        const struct webhook_delivery *delivery = &webhook->deliveries[i];

        ocrmesh__ocr__v1__webhook_delivery__init(&deliveries[i]);
        deliveries[i].attempt = delivery->attempt;
        deliveries[i].start_time = rpc_timestamp_new(delivery->start_time, arena);
        deliveries[i].duration_ms = delivery->duration_ms;
        deliveries[i].http_status = delivery->http_status;
        deliveries[i].error = (char *)delivery->error;
        if (deliveries[i].start_time == NULL)
            return FAIL_MEMORY(st);
        message->deliveries[i] = &deliveries[i];
    }
    message->n_deliveries = count;
    return STATUS_OK;
}

static status_code make_webhook(const struct webhook *webhook, struct arena *arena,
                                Ocrmesh__Ocr__V1__Webhook **ret_message, struct status *st)
{
    Ocrmesh__Ocr__V1__Webhook *message = ARENA_NEW(arena, Ocrmesh__Ocr__V1__Webhook);

    if (message == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__ocr__v1__webhook__init(message);
    message->job_id = (char *)webhook->job_id;
    message->url = (char *)webhook->url;
    message->state = state_of(webhook->state);
    message->message_id = (char *)webhook->message_id;
    if (webhook->next_attempt_time != 0) {
        message->next_attempt_time = rpc_timestamp_new(webhook->next_attempt_time, arena);
        if (message->next_attempt_time == NULL)
            return FAIL_MEMORY(st);
    }
    TRY(make_deliveries(webhook, arena, message, st));
    *ret_message = message;
    return STATUS_OK;
}

static status_code tell(const struct ocr_service *service, struct rpc_call *call,
                        const char *job_id, Ocrmesh__Ocr__V1__Webhook **ret_message,
                        struct status *st)
{
    struct webhook webhook;

    TRY(store_webhook_get(service->db, service_deadline(call), job_id, rpc_call_arena(call),
                          &webhook, st));
    return make_webhook(&webhook, rpc_call_arena(call), ret_message, st);
}

status_code service_get_webhook(struct rpc_call *call, const void *request, void *response,
                                void *data, struct status *st)
{
    const Ocrmesh__Ocr__V1__GetWebhookRequest *wanted = request;
    Ocrmesh__Ocr__V1__GetWebhookResponse *reply = response;
    const struct job *job;

    TRY(service_find_job(data, call, wanted->job_id, &job, NULL, st));
    return tell(data, call, job->id, &reply->webhook, st);
}

status_code service_resend_webhook(struct rpc_call *call, const void *request, void *response,
                                   void *data, struct status *st)
{
    const struct ocr_service *service = data;
    const Ocrmesh__Ocr__V1__ResendWebhookRequest *wanted = request;
    Ocrmesh__Ocr__V1__ResendWebhookResponse *reply = response;
    const struct job *job;

    TRY(service_find_job(service, call, wanted->job_id, &job, NULL, st));
    TRY(store_webhook_resend(service->db, service_deadline(call), job->id, st));
    return tell(service, call, job->id, &reply->webhook, st);
}

/* --- all of an account --- */

static status_code fail_no_account(struct status *st)
{
    return FAIL(st, STATUS_UNAUTHENTICATED, "MISSING_TOKEN",
                "webhooks are for accounts: send an API token");
}

static status_code identify_account(const struct ocr_service *service, struct rpc_call *call,
                                    const char **ret_account_id, struct status *st)
{
    struct service_caller caller;

    TRY(service_identify(service, call, &caller, st));
    if (caller.account_id == NULL)
        return fail_no_account(st);
    *ret_account_id = caller.account_id;
    return STATUS_OK;
}

/* One that has gone since it was listed is passed over. */
static status_code send_one(const struct ocr_service *service, struct rpc_call *call,
                            struct arena *arena, const char *job_id, struct status *st)
{
    Ocrmesh__Ocr__V1__ExportWebhooksResponse message =
        OCRMESH__OCR__V1__EXPORT_WEBHOOKS_RESPONSE__INIT;
    struct webhook webhook;

    arena_reset(arena);
    status_code code =
        store_webhook_get(service->db, service_deadline(call), job_id, arena, &webhook, st);
    if (code == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (code != STATUS_OK)
        return code;
    TRY(make_webhook(&webhook, arena, &message.webhook, st));
    return rpc_call_write(call, &message, st);
}

static status_code send_all(const struct ocr_service *service, struct rpc_call *call,
                            const char *account_id, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(EXPORT_ARENA_MAX_BYTES);
    struct webhook_list list = {.last_number = INT64_MAX};

    if (arena == NULL)
        return FAIL_MEMORY(st);
    do {
        TRY(store_webhook_list(service->db, service_deadline(call), account_id, list.last_number,
                               &list, st));
        for (size_t i = 0; i < list.count; i++)
            TRY(send_one(service, call, arena, list.job_ids[i], st));
    } while (list.count == WEBHOOK_LIST_MAX);
    return STATUS_OK;
}

status_code service_export_webhooks(struct rpc_call *call, const void *request, void *response,
                                    void *data, struct status *st)
{
    const struct ocr_service *service = data;
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    struct principal principal = {0};
    struct rpc_caller caller;

    TRY(rpc_caller_read(call, &caller, st));
    if (caller.token.n > 0)
        TRY(billing_client_authenticate_owner(service->billing, call, &caller, &principal, st));
    if (principal.account_id == NULL)
        return fail_no_account(st);
    TRY(gate_enter(service->documents_gate, principal.account_id, &pass, st));
    return send_all(service, call, principal.account_id, st);
}

/* --- secrets --- */

static status_code make_secret(const struct webhook_secret *secret, struct arena *arena,
                               Ocrmesh__Ocr__V1__WebhookSecret **ret_message, struct status *st)
{
    Ocrmesh__Ocr__V1__WebhookSecret *message = ARENA_NEW(arena, Ocrmesh__Ocr__V1__WebhookSecret);

    if (message == NULL)
        return FAIL_MEMORY(st);
    ocrmesh__ocr__v1__webhook_secret__init(message);
    message->secret = (char *)secret->secret;
    message->create_time = rpc_timestamp_new(secret->create_time, arena);
    if (secret->previous_secret != NULL)
        message->previous_expire_time = rpc_timestamp_new(secret->previous_expire_time, arena);
    if (message->create_time == NULL ||
        (secret->previous_secret != NULL && message->previous_expire_time == NULL))
        return FAIL_MEMORY(st);
    *ret_message = message;
    return STATUS_OK;
}

status_code service_get_webhook_secret(struct rpc_call *call, const void *request, void *response,
                                       void *data, struct status *st)
{
    const struct ocr_service *service = data;
    Ocrmesh__Ocr__V1__GetWebhookSecretResponse *reply = response;
    char fresh[WEBHOOK_SECRET_SIZE];
    struct webhook_secret secret;
    const char *account_id = NULL;

    TRY(identify_account(service, call, &account_id, st));
    webhook_secret_make(fresh);
    TRY(store_webhook_secret(service->db, service_deadline(call), account_id, fresh,
                             rpc_call_arena(call), &secret, st));
    return make_secret(&secret, rpc_call_arena(call), &reply->secret, st);
}

status_code service_rotate_webhook_secret(struct rpc_call *call, const void *request,
                                          void *response, void *data, struct status *st)
{
    const struct ocr_service *service = data;
    Ocrmesh__Ocr__V1__RotateWebhookSecretResponse *reply = response;
    char fresh[WEBHOOK_SECRET_SIZE];
    struct webhook_secret secret;
    const char *account_id = NULL;

    TRY(identify_account(service, call, &account_id, st));
    webhook_secret_make(fresh);
    TRY(store_webhook_secret_rotate(service->db, service_deadline(call), account_id, fresh,
                                    rpc_call_arena(call), &secret, st));
    return make_secret(&secret, rpc_call_arena(call), &reply->secret, st);
}
