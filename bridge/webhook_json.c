#include "bridge/webhook_json.h"

#include "bridge/http/json_write.h"
#include "lib/rpc/timestamp.h"

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

bool webhook_json_write(struct buf *out, const Ocrmesh__Ocr__V1__Webhook *webhook)
{
    if (!json_write_begin_object(out) || !member_string(out, "uuid", webhook->job_id) ||
        !member_string(out, "url", webhook->url) ||
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

bool webhook_json_write_secret(struct buf *out, const Ocrmesh__Ocr__V1__WebhookSecret *secret)
{
    return json_write_begin_object(out) && member_string(out, "secret", secret->secret) &&
           member_time(out, "created_at", secret->create_time) &&
           member_time(out, "previous_expires_at", secret->previous_expire_time) &&
           json_write_end_object(out);
}
