/* BillingService: for the mesh and the public edge. */

#include "lib/rpc/timestamp.h"
#include "services/billing/ledger/reservation.h"
#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/service_handlers.h"

enum { REQUESTS_MAX = 1000 }; /* of one Authenticate */

int64_t billing_deadline(const struct rpc_call *call)
{
    return rpc_call_deadline_within(call, BILLING_TIMEOUT_MS);
}

static status_code authenticate(struct rpc_call *call, const void *request_message,
                                void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__AuthenticateRequest *request = request_message;
    Ocrmesh__Billing__V1__AuthenticateResponse *response = response_message;
    struct billing_service *service = data;
    const int32_t counted = request->requests > 0 ? request->requests : 1;
    struct principal principal;

    if (request->requests < 0 || request->requests > REQUESTS_MAX)
        return FAIL_FIELD(st, "requests", "INVALID_FIELD", "requests is from 0 to %d",
                          REQUESTS_MAX);
    TRY((request->is_for_owner ? account_authenticate_owner : account_authenticate)(
        service->db, billing_deadline(call), str_of(request->token), request->client_address,
        request->count_request ? counted : 0, &principal, st));
    response->principal = message_principal(&principal, rpc_call_arena(call));
    if (request->count_request)
        response->rate = message_rate(&principal.rate, rpc_call_arena(call));
    return response->principal == NULL || (request->count_request && response->rate == NULL)
               ? FAIL_MEMORY(st)
               : STATUS_OK;
}

static status_code open_reservation(struct rpc_call *call, const void *request_message,
                                    void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__OpenReservationRequest *request = request_message;
    Ocrmesh__Billing__V1__OpenReservationResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct reservation reservation;
    const struct reservation_request wanted = {
        .request_id = request->request_id,
        .account_id = request->account_id,
        .principal_key = request->principal_key,
        .tier = (int32_t)request->tier,
        .pages = request->pages,
        .validate_only = request->validate_only,
        .lifetime_ms = service->reservation_lifetime_ms,
    };

    status_code code =
        reservation_open(service->db, billing_deadline(call), &wanted, &reservation, st);
    if (code == STATUS_RESOURCE_EXHAUSTED && status_get_info(st, "cap") != NULL)
        metrics_add(service->metrics, METRICS_RESERVATION_REFUSED, 1);
    if (code != STATUS_OK)
        return code;
    if (!request->validate_only)
        metrics_add(service->metrics, METRICS_RESERVATION_OPENED, 1);
    response->reservation_id = arena_strdup(arena, reservation.id);
    response->reserved_credits = reservation.held.quota_credits + reservation.held.paid_credits;
    response->expire_time = rpc_timestamp_new(reservation.expire_time, arena);
    return response->reservation_id == NULL || response->expire_time == NULL ? FAIL_MEMORY(st)
                                                                             : STATUS_OK;
}

static status_code commit_reservation(struct rpc_call *call, const void *request_message,
                                      void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__CommitReservationRequest *request = request_message;
    Ocrmesh__Billing__V1__CommitReservationResponse *response = response_message;
    struct billing_service *service = data;
    bool is_first;

    TRY(reservation_commit(service->db, billing_deadline(call), request->reservation_id,
                           request->pages, &response->charged_credits, &is_first, st));
    if (is_first) {
        metrics_add(service->metrics, METRICS_RESERVATION_COMMITTED, 1);
        metrics_add(service->metrics, METRICS_CREDITS_CHARGED, response->charged_credits);
    }
    return STATUS_OK;
}

static status_code release_reservation(struct rpc_call *call, const void *request_message,
                                       void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ReleaseReservationRequest *request = request_message;
    struct billing_service *service = data;
    bool is_first;

    if (request->reservation_id[0] == '\0')
        TRY(reservation_release_request(service->db, billing_deadline(call), request->request_id,
                                        &is_first, st));
    else
        TRY(reservation_release(service->db, billing_deadline(call), request->reservation_id,
                                &is_first, st));
    if (is_first)
        metrics_add(service->metrics, METRICS_RESERVATION_RELEASED, 1);
    return STATUS_OK;
}

static status_code extend_reservation(struct rpc_call *call, const void *request_message,
                                      void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ExtendReservationRequest *request = request_message;
    Ocrmesh__Billing__V1__ExtendReservationResponse *response = response_message;
    struct billing_service *service = data;
    int64_t expire_time;

    TRY(reservation_extend(service->db, billing_deadline(call), request->reservation_id,
                           service->reservation_lifetime_ms, &expire_time, st));
    response->expire_time = rpc_timestamp_new(expire_time, rpc_call_arena(call));
    return response->expire_time == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"Authenticate", RPC_UNARY, authenticate},
    {"OpenReservation", RPC_UNARY, open_reservation},
    {"CommitReservation", RPC_UNARY, commit_reservation},
    {"ReleaseReservation", RPC_UNARY, release_reservation},
    {"ExtendReservation", RPC_UNARY, extend_reservation},
    {"SpendQuestion", RPC_UNARY, service_spend_question},
    {"ListPlans", RPC_UNARY, service_list_plans},
    {"ListPacks", RPC_UNARY, service_list_packs},
    {"ListDeletedAccounts", RPC_UNARY, service_list_deleted_accounts},
    {"ConfirmAccountPurge", RPC_UNARY, service_confirm_account_purge},
};

struct rpc_service billing_service_table(struct billing_service *service)
{
    return (struct rpc_service){&ocrmesh__billing__v1__billing_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
