/* BillingAdminService: for operators. */

#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/service.h"

static status_code grant_credits(struct rpc_call *call, const void *request_message,
                                 void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__GrantCreditsRequest *request = request_message;
    Ocrmesh__Billing__V1__GrantCreditsResponse *response = response_message;
    struct billing_service *service = data;

    TRY(account_grant(service->db, billing_deadline(call), request->account,
                      request->amount_credits, request->request_id, request->note,
                      &response->balance_credits, st));
    metrics_add(service->metrics, METRICS_CREDITS_GRANTED, request->amount_credits);
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"GrantCredits", RPC_UNARY, grant_credits},
};

struct rpc_service billing_admin_service_table(struct billing_service *service)
{
    return (struct rpc_service){&ocrmesh__billing__v1__billing_admin_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
