/* Credits that are bought: RPCs of people, and of the payment provider's notices. */

#include "lib/base/clock.h"
#include "lib/base/gate.h"
#include "lib/log/log.h"
#include "lib/rpc/caller.h"
#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/purchases/purchase.h"
#include "services/billing/service_handlers.h"

static Ocrmesh__Billing__V1__CreditPack *message_pack(const struct credit_pack *pack,
                                                      struct arena *arena)
{
    Ocrmesh__Billing__V1__CreditPack *message = ARENA_NEW(arena, Ocrmesh__Billing__V1__CreditPack);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__credit_pack__init(message);
    message->name = arena_strdup(arena, pack->name);
    message->title = arena_strdup(arena, pack->title);
    message->currency = arena_strdup(arena, pack->currency);
    message->amount_credits = pack->amount_credits;
    message->price_minor = pack->price_minor;
    return message->name == NULL || message->title == NULL || message->currency == NULL ? NULL
                                                                                        : message;
}

/* API: GET /api/v1/packs/ */
status_code service_list_packs(struct rpc_call *call, const void *request_message,
                               void *response_message, void *data, struct status *st)
{
    Ocrmesh__Billing__V1__ListPacksResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    const struct credit_pack *packs;
    size_t count;

    response->is_offered = purchase_is_offered(&service->stripe);
    if (!response->is_offered)
        return STATUS_OK;
    TRY(purchase_packs(service->db, billing_deadline(call), arena, &packs, &count, st));
    response->packs = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__CreditPack *, count + 1);
    if (response->packs == NULL)
        return FAIL_MEMORY(st);
    for (; response->n_packs < count; response->n_packs++) {
        response->packs[response->n_packs] = message_pack(&packs[response->n_packs], arena);
        if (response->packs[response->n_packs] == NULL)
            return FAIL_MEMORY(st);
    }
    return STATUS_OK;
}

/* API: POST /api/v1/account/purchases/ */
status_code service_create_purchase(struct rpc_call *call, const void *request_message,
                                    void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__CreatePurchaseRequest *request = request_message;
    Ocrmesh__Billing__V1__CreatePurchaseResponse *response = response_message;
    struct billing_service *service = data;
    _cleanup_(gate_leave) struct gate_pass pass = {0};
    struct account_state state;
    struct rpc_caller caller;
    const char *url;

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_get(service->db, billing_deadline(call), caller.token, &state, st));
    TRY(gate_enter(service->purchases_gate, state.account.id, &pass, st));
    TRY(purchase_begin(service->db, billing_deadline(call), &service->stripe, &state.account,
                       request->pack, request->request_id, rpc_call_arena(call), &url, st));
    metrics_add(service->metrics, METRICS_PURCHASES_BEGUN, 1);
    response->checkout_url = (char *)url; /* in the arena */
    return STATUS_OK;
}

/* API: POST /api/v1/payments/stripe/ */
status_code service_receive_payment_event(struct rpc_call *call, const void *request_message,
                                          void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ReceivePaymentEventRequest *request = request_message;
    struct billing_service *service = data;
    const struct str body = {(const char *)request->payload.data, request->payload.len};
    const struct purchase *paid;

    TRY(purchase_receive(service->db, billing_deadline(call), &service->stripe, body,
                         str_of(request->signature), time_wall(), rpc_call_arena(call), &paid, st));
    if (paid == NULL)
        return STATUS_OK;
    metrics_add(service->metrics, METRICS_PURCHASES_PAID, 1);
    log_write(LOG_INFO, "a purchase is paid", LOG_STRING("purchase_id", paid->id),
              LOG_STRING("account_id", paid->account_id),
              LOG_INTEGER("credits", paid->pack.amount_credits));
    return STATUS_OK;
}
