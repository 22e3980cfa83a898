/* BillingAdminService: for operators. */

#include "services/billing/credits.h"
#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/service.h"

static status_code grant_credits(struct rpc_call *call, const void *request_message,
                                 void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__GrantCreditsRequest *request = request_message;
    Ocrmesh__Billing__V1__GrantCreditsResponse *response = response_message;
    struct billing_service *service = data;
    const struct credits_request wanted = {request->account, request->amount_credits,
                                           request->request_id, request->note};
    struct credits_answer answer;

    TRY(credits_grant(service->db, billing_deadline(call), &wanted, &answer, st));
    response->balance_credits = answer.balance_credits;
    if (answer.is_first)
        metrics_add(service->metrics, METRICS_CREDITS_GRANTED, answer.amount_credits);
    return STATUS_OK;
}

static status_code refund_credits(struct rpc_call *call, const void *request_message,
                                  void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__RefundCreditsRequest *request = request_message;
    Ocrmesh__Billing__V1__RefundCreditsResponse *response = response_message;
    struct billing_service *service = data;
    const struct credits_request wanted = {
        .account = request->account, .request_id = request->request_id, .note = request->note};
    struct credits_answer answer;

    TRY(credits_refund(service->db, billing_deadline(call), &wanted, request->job_id, &answer, st));
    response->refunded_credits = answer.amount_credits;
    response->balance_credits = answer.balance_credits;
    if (answer.is_first)
        metrics_add(service->metrics, METRICS_CREDITS_REFUNDED, answer.amount_credits);
    return STATUS_OK;
}

static const struct rpc_handler handlers[] = {
    {"GrantCredits", RPC_UNARY, grant_credits},
    {"RefundCredits", RPC_UNARY, refund_credits},
};

struct rpc_service billing_admin_service_table(struct billing_service *service)
{
    return (struct rpc_service){&ocrmesh__billing__v1__billing_admin_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
