#include "bridge/webhook_json.h"

#include "bridge/http/json_write.h"
#include "bridge/json_member.h"

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

    return json_write_begin_object(out) && json_member_integer(out, "attempt", delivery->attempt) &&
           json_member_time(out, "started_at", delivery->start_time) &&
           json_member_integer(out, "duration_ms", delivery->duration_ms) &&
           json_write_name(out, "status") &&
           (is_answered ? json_write_integer(out, delivery->http_status) : json_write_null(out)) &&
           json_write_name(out, "error") &&
           (is_answered ? json_write_null(out) : json_write_string(out, str_of(delivery->error))) &&
           json_write_end_object(out);
}

bool webhook_json_write(struct buf *out, const Ocrmesh__Ocr__V1__Webhook *webhook)
{
    if (!json_write_begin_object(out) || !json_member_string(out, "uuid", webhook->job_id) ||
        !json_member_string(out, "url", webhook->url) ||
        !json_member_string(out, "state", state_word(webhook->state)) ||
        !json_member_string(out, "webhook_id", webhook->message_id) ||
        !json_member_time(out, "next_attempt_at", webhook->next_attempt_time) ||
        !json_write_name(out, "deliveries") || !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < webhook->n_deliveries; i++)
        if ((i > 0 && !buf_append_char(out, ',')) || !write_delivery(out, webhook->deliveries[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

bool webhook_json_write_secret(struct buf *out, const Ocrmesh__Ocr__V1__WebhookSecret *secret)
{
    return json_write_begin_object(out) && json_member_string(out, "secret", secret->secret) &&
           json_member_time(out, "created_at", secret->create_time) &&
           json_member_time(out, "previous_expires_at", secret->previous_expire_time) &&
           json_write_end_object(out);
}
