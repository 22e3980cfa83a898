#include "lib/rpc/status_details.h"

#include <string.h>

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "lib/rpc/allocator.h"

#define TYPE_PREFIX "type.googleapis.com/"

enum {
    DETAILS_MAX = 4,                /* one of each kind */
    DETAILS_MAX_BYTES = 8192,       /* what a header block of 16 KiB can carry as base64 */
    DETAILS_ARENA_MAX_BYTES = 65536 /* what decoding them may take */
};

static void add_detail(Google__Rpc__Status *status, Google__Protobuf__Any *any,
                       const char *type_url, const ProtobufCMessage *message, struct arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(arena, size);

    if (bytes == NULL)
        return;
    google__protobuf__any__init(any);
    any->type_url = (char *)type_url;
    any->value.data = bytes;
    any->value.len = protobuf_c_message_pack(message, bytes);
    status->details[status->n_details++] = any;
}

static void add_error_info(Google__Rpc__Status *status, Google__Protobuf__Any *any,
                           const struct status *st, struct arena *arena)
{
    Google__Rpc__ErrorInfo error = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__ErrorInfo__MetadataEntry facts[STATUS_INFO_MAX];
    Google__Rpc__ErrorInfo__MetadataEntry *fact_list[STATUS_INFO_MAX];

    if (st->reason[0] == '\0' && st->info_count == 0)
        return;
    error.reason = (char *)st->reason;
    error.domain = (char *)STATUS_DETAILS_DOMAIN;
    for (size_t i = 0; i < st->info_count; i++) {
        google__rpc__error_info__metadata_entry__init(&facts[i]);
        facts[i].key = (char *)st->info[i].key;
        facts[i].value = (char *)st->info[i].value;
        fact_list[i] = &facts[i];
    }
    error.n_metadata = st->info_count;
    error.metadata = fact_list;
    add_detail(status, any, TYPE_PREFIX "google.rpc.ErrorInfo", &error.base, arena);
}

static void add_bad_request(Google__Rpc__Status *status, Google__Protobuf__Any *any,
                            const struct status *st, struct arena *arena)
{
    Google__Rpc__BadRequest bad_request = GOOGLE__RPC__BAD_REQUEST__INIT;
    Google__Rpc__BadRequest__FieldViolation violation =
        GOOGLE__RPC__BAD_REQUEST__FIELD_VIOLATION__INIT;
    Google__Rpc__BadRequest__FieldViolation *violations[] = {&violation};

    if (st->field[0] == '\0')
        return;
    violation.field = (char *)st->field;
    violation.description = (char *)st->message;
    bad_request.n_field_violations = ARRAY_LENGTH(violations);
    bad_request.field_violations = violations;
    add_detail(status, any, TYPE_PREFIX "google.rpc.BadRequest", &bad_request.base, arena);
}

static void add_retry_info(Google__Rpc__Status *status, Google__Protobuf__Any *any,
                           const struct status *st, struct arena *arena)
{
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;

    if (st->retry_after_ms <= 0)
        return;
    delay.seconds = st->retry_after_ms / 1000;
    delay.nanos = (int32_t)(st->retry_after_ms % 1000) * 1000000;
    retry.retry_delay = &delay;
    add_detail(status, any, TYPE_PREFIX "google.rpc.RetryInfo", &retry.base, arena);
}

static void add_quota_failure(Google__Rpc__Status *status, Google__Protobuf__Any *any,
                              const struct status *st, struct arena *arena)
{
    Google__Rpc__QuotaFailure quota = GOOGLE__RPC__QUOTA_FAILURE__INIT;
    Google__Rpc__QuotaFailure__Violation violation = GOOGLE__RPC__QUOTA_FAILURE__VIOLATION__INIT;
    Google__Rpc__QuotaFailure__Violation *violations[] = {&violation};

    if (st->code != STATUS_RESOURCE_EXHAUSTED || status_get_info(st, "cap") == NULL)
        return;
    violation.subject = (char *)st->reason;
    violation.description = (char *)st->message;
    quota.n_violations = ARRAY_LENGTH(violations);
    quota.violations = violations;
    add_detail(status, any, TYPE_PREFIX "google.rpc.QuotaFailure", &quota.base, arena);
}

struct str status_details_encode(const struct status *st, struct arena *arena)
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    Google__Protobuf__Any anys[DETAILS_MAX];
    Google__Protobuf__Any *details[DETAILS_MAX];

    status.code = st->code;
    status.message = (char *)st->message;
    status.details = details;
    add_error_info(&status, &anys[0], st, arena);
    add_bad_request(&status, &anys[1], st, arena);
    add_retry_info(&status, &anys[2], st, arena);
    add_quota_failure(&status, &anys[3], st, arena);
    if (status.n_details == 0)
        return (struct str){0};

    uint8_t *bytes = arena_alloc(arena, google__rpc__status__get_packed_size(&status));
    if (bytes == NULL)
        return (struct str){0};
    return (struct str){(char *)bytes, google__rpc__status__pack(&status, bytes)};
}

static void read_error_info(const Google__Rpc__ErrorInfo *error, struct status *st)
{
    /* Through the status' own functions, which cut what is too long. */
    size_t length = strnlen(error->reason, sizeof(st->reason) - 1);

    memcpy(st->reason, error->reason, length);
    st->reason[length] = '\0';
    for (size_t i = 0; i < error->n_metadata; i++)
        status_add_info(st, error->metadata[i]->key, "%s", error->metadata[i]->value);
}

static void read_bad_request(const Google__Rpc__BadRequest *bad_request, struct status *st)
{
    if (bad_request->n_field_violations > 0)
        status_set_field(st, bad_request->field_violations[0]->field);
}

static void read_retry_info(const Google__Rpc__RetryInfo *retry, struct status *st)
{
    static const int64_t max_seconds = INT64_C(366) * 24 * 3600;

    if (retry->retry_delay == NULL || retry->retry_delay->seconds < 0 ||
        retry->retry_delay->seconds > max_seconds || retry->retry_delay->nanos < 0)
        return;
    st->retry_after_ms = retry->retry_delay->seconds * 1000 + retry->retry_delay->nanos / 1000000;
}

void status_details_decode(struct str bytes, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(DETAILS_ARENA_MAX_BYTES);
    ProtobufCAllocator allocator = rpc_arena_allocator(arena);

    if (arena == NULL || bytes.n > DETAILS_MAX_BYTES)
        return;
    Google__Rpc__Status *status =
        google__rpc__status__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
    if (status == NULL)
        return;
    for (size_t i = 0; i < status->n_details; i++) {
        const Google__Protobuf__Any *any = status->details[i];
        const uint8_t *data = any->value.data;
        size_t size = any->value.len;

        if (strcmp(any->type_url, TYPE_PREFIX "google.rpc.ErrorInfo") == 0) {
            const Google__Rpc__ErrorInfo *error =
                google__rpc__error_info__unpack(&allocator, size, data);
            if (error != NULL)
                read_error_info(error, st);
        } else if (strcmp(any->type_url, TYPE_PREFIX "google.rpc.BadRequest") == 0) {
            const Google__Rpc__BadRequest *bad_request =
                google__rpc__bad_request__unpack(&allocator, size, data);
            if (bad_request != NULL)
                read_bad_request(bad_request, st);
        } else if (strcmp(any->type_url, TYPE_PREFIX "google.rpc.RetryInfo") == 0) {
            const Google__Rpc__RetryInfo *retry =
                google__rpc__retry_info__unpack(&allocator, size, data);
            if (retry != NULL)
                read_retry_info(retry, st);
        }
    }
}
