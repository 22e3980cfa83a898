#include "lib/mesh/billing_client.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/rpc/caller.h"
#include "lib/rpc/client.h"
#include "lib/rpc/server.h"
#include "lib/rpc/timestamp.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

enum {
    CALL_TIMEOUT_MS = 15000,   /* one call; the channel retries UNAVAILABLE inside it */
    ARENA_MAX_BYTES = 1 << 20, /* a background call's answer */
};

struct billing_client {
    struct rpc_channel *channel;
    const char *service;
};

#define BILLING_METHOD(name) {&ocrmesh__billing__v1__billing_service__descriptor, name, RPC_UNARY}

static const struct rpc_method authenticate = BILLING_METHOD("Authenticate");
static const struct rpc_method open_reservation = BILLING_METHOD("OpenReservation");
static const struct rpc_method commit_reservation = BILLING_METHOD("CommitReservation");
static const struct rpc_method release_reservation = BILLING_METHOD("ReleaseReservation");
static const struct rpc_method extend_reservation = BILLING_METHOD("ExtendReservation");
static const struct rpc_method spend_question = BILLING_METHOD("SpendQuestion");
static const struct rpc_method list_deleted_accounts = BILLING_METHOD("ListDeletedAccounts");
static const struct rpc_method confirm_account_purge = BILLING_METHOD("ConfirmAccountPurge");

status_code billing_client_new(struct rpc_channel *channel, const char *service,
                               struct billing_client **ret_client, struct status *st)
{
    struct billing_client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        rpc_channel_free(channel);
        return FAIL_MEMORY(st);
    }
    client->channel = channel;
    client->service = service;
    *ret_client = client;
    return STATUS_OK;
}

void billing_client_free(struct billing_client *client)
{
    if (client == NULL)
        return;
    rpc_channel_free(client->channel);
    free(client);
}

status_code billing_client_wait_first_ready(struct billing_client *client, int64_t deadline,
                                            struct status *st)
{
    return rpc_channel_wait_first_ready(client->channel, deadline, st);
}

/* A call on behalf of the caller of `call`. @follows: it ends when `call` does. */
static status_code call_for(struct billing_client *client, struct rpc_call *call,
                            const struct rpc_caller *caller, const struct rpc_method *method,
                            bool follows, const void *request, void *ret_response,
                            struct status *st)
{
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct arena *arena = rpc_call_arena(call);
    size_t count = rpc_caller_forward(caller, arena, entries);

    if (count == 0)
        return FAIL_MEMORY(st);
    const struct rpc_call_options options = {
        .deadline = follows ? rpc_call_deadline_within(call, CALL_TIMEOUT_MS)
                            : time_mono_after_ms(CALL_TIMEOUT_MS),
        .parent = follows ? call : NULL,
        .metadata = {entries, count},
    };
    return rpc_unary(client->channel, method, &options, request, arena, ret_response, st);
}

static status_code ask_who(struct billing_client *client, struct rpc_call *call,
                           const struct rpc_caller *caller, bool is_for_owner,
                           struct principal *ret_principal, struct status *st)
{
    Ocrmesh__Billing__V1__AuthenticateRequest request =
        OCRMESH__BILLING__V1__AUTHENTICATE_REQUEST__INIT;
    Ocrmesh__Billing__V1__AuthenticateResponse *response = NULL;

    request.token = arena_strndup(rpc_call_arena(call), caller->token.n > 0 ? caller->token.p : "",
                                  caller->token.n);
    request.client_address = (char *)caller->client_address;
    request.is_for_owner = is_for_owner;
    if (request.token == NULL)
        return FAIL_MEMORY(st);
    TRY(call_for(client, call, caller, &authenticate, true, &request, &response, st));
    const Ocrmesh__Billing__V1__Principal *found = response->principal;
    if (found == NULL || found->plan == NULL || found->key[0] == '\0')
        return FAIL(st, STATUS_INTERNAL, NULL, "billing did not say who calls");
    *ret_principal = (struct principal){
        .account_id = found->account_id[0] == '\0' ? NULL : found->account_id,
        .key = found->key,
        .pages_per_file = found->plan->pages_per_file,
        .bytes_per_file = found->plan->bytes_per_file,
        .jobs_at_once = found->plan->jobs_at_once,
        .queue_priority = found->plan->queue_priority,
        .retention_seconds = found->plan->retention_seconds,
    };
    return STATUS_OK;
}

status_code billing_client_authenticate(struct billing_client *client, struct rpc_call *call,
                                        const struct rpc_caller *caller,
                                        struct principal *ret_principal, struct status *st)
{
    return ask_who(client, call, caller, false, ret_principal, st);
}

status_code billing_client_authenticate_owner(struct billing_client *client, struct rpc_call *call,
                                              const struct rpc_caller *caller,
                                              struct principal *ret_principal, struct status *st)
{
    return ask_who(client, call, caller, true, ret_principal, st);
}

status_code billing_client_reserve(struct billing_client *client, struct rpc_call *call,
                                   const struct rpc_caller *caller,
                                   const struct principal *principal, const char *job_id,
                                   Ocrmesh__Ocr__V1__Tier tier, int32_t pages, bool validate_only,
                                   struct reservation *ret_reservation, struct status *st)
{
    Ocrmesh__Billing__V1__OpenReservationRequest request =
        OCRMESH__BILLING__V1__OPEN_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__OpenReservationResponse *response = NULL;

    request.request_id = (char *)job_id;
    request.account_id = (char *)(principal->account_id == NULL ? "" : principal->account_id);
    request.principal_key = (char *)principal->key;
    request.tier = tier;
    request.pages = pages;
    request.validate_only = validate_only;
    TRY(call_for(client, call, caller, &open_reservation, false, &request, &response, st));
    *ret_reservation = (struct reservation){
        .id = response->reservation_id,
        .reserved_credits = response->reserved_credits,
        .expire_time = rpc_timestamp_ns(response->expire_time),
    };
    return STATUS_OK;
}

status_code billing_client_spend_question(struct billing_client *client, struct rpc_call *call,
                                          const struct rpc_caller *caller, const char *account_id,
                                          const char *request_id, struct status *st)
{
    Ocrmesh__Billing__V1__SpendQuestionRequest request =
        OCRMESH__BILLING__V1__SPEND_QUESTION_REQUEST__INIT;
    Ocrmesh__Billing__V1__SpendQuestionResponse *response = NULL;

    request.account_id = (char *)account_id;
    request.request_id = (char *)request_id;
    return call_for(client, call, caller, &spend_question, true, &request, &response, st);
}

/* A call of the service's own. */
static status_code call_alone(struct billing_client *client, const struct rpc_method *method,
                              const void *request, struct arena *arena, void *ret_response,
                              struct status *st)
{
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};

    if (arena == NULL)
        return FAIL_MEMORY(st);
    return rpc_unary(client->channel, method, &options, request, arena, ret_response, st);
}

status_code billing_client_commit(struct billing_client *client, const char *reservation_id,
                                  int32_t pages, int64_t *ret_charged_credits, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    Ocrmesh__Billing__V1__CommitReservationRequest request =
        OCRMESH__BILLING__V1__COMMIT_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__CommitReservationResponse *response = NULL;

    request.reservation_id = (char *)reservation_id;
    request.pages = pages;
    TRY(call_alone(client, &commit_reservation, &request, arena, &response, st));
    *ret_charged_credits = response->charged_credits;
    return STATUS_OK;
}

static status_code release(struct billing_client *client, const char *reservation_id,
                           const char *request_id, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    Ocrmesh__Billing__V1__ReleaseReservationRequest request =
        OCRMESH__BILLING__V1__RELEASE_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__ReleaseReservationResponse *response = NULL;

    request.reservation_id = (char *)reservation_id;
    request.request_id = (char *)request_id;
    return call_alone(client, &release_reservation, &request, arena, &response, st);
}

status_code billing_client_release(struct billing_client *client, const char *reservation_id,
                                   struct status *st)
{
    return release(client, reservation_id, "", st);
}

status_code billing_client_release_job(struct billing_client *client, const char *job_id,
                                       struct status *st)
{
    return release(client, "", job_id, st);
}

status_code billing_client_extend(struct billing_client *client, const char *reservation_id,
                                  int64_t *ret_expire_time, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    Ocrmesh__Billing__V1__ExtendReservationRequest request =
        OCRMESH__BILLING__V1__EXTEND_RESERVATION_REQUEST__INIT;
    Ocrmesh__Billing__V1__ExtendReservationResponse *response = NULL;

    request.reservation_id = (char *)reservation_id;
    TRY(call_alone(client, &extend_reservation, &request, arena, &response, st));
    *ret_expire_time = rpc_timestamp_ns(response->expire_time);
    return STATUS_OK;
}

status_code billing_client_list_deleted(struct billing_client *client, struct arena *arena,
                                        const struct billing_deleted **ret_list, size_t *ret_count,
                                        struct status *st)
{
    Ocrmesh__Billing__V1__ListDeletedAccountsRequest request =
        OCRMESH__BILLING__V1__LIST_DELETED_ACCOUNTS_REQUEST__INIT;
    Ocrmesh__Billing__V1__ListDeletedAccountsResponse *response = NULL;
    struct billing_deleted *list;

    request.service = (char *)client->service;
    TRY(call_alone(client, &list_deleted_accounts, &request, arena, &response, st));
    list = ARENA_NEW_ARRAY(arena, struct billing_deleted, response->n_accounts + 1);
    if (list == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < response->n_accounts; i++)
        list[i] = (struct billing_deleted){response->accounts[i]->account_id,
                                           response->accounts[i]->is_settled};
    *ret_list = list;
    *ret_count = response->n_accounts;
    return STATUS_OK;
}

status_code billing_client_confirm_purge(struct billing_client *client, const char *account_id,
                                         struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    Ocrmesh__Billing__V1__ConfirmAccountPurgeRequest request =
        OCRMESH__BILLING__V1__CONFIRM_ACCOUNT_PURGE_REQUEST__INIT;
    Ocrmesh__Billing__V1__ConfirmAccountPurgeResponse *response = NULL;

    request.account_id = (char *)account_id;
    request.service = (char *)client->service;
    return call_alone(client, &confirm_account_purge, &request, arena, &response, st);
}
