/* BillingAdminService: for operators. */

#include "services/billing/accounts/operator.h"
#include "services/billing/ledger/audit.h"
#include "services/billing/ledger/credits.h"
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

static status_code list_accounts(struct rpc_call *call, const void *request_message,
                                 void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ListAccountsRequest *request = request_message;
    Ocrmesh__Billing__V1__ListAccountsResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct operator_list wanted = {
        .page_size = request->page_size == 0 ? OPERATOR_PAGE_DEFAULT : (size_t)request->page_size,
        .after = request->page_token,
        .email_contains = request->email_contains,
    };
    char token[EMAIL_SIZE];
    bool has_more;

    if (request->page_size < 0 || request->page_size > OPERATOR_PAGE_MAX)
        return FAIL_FIELD(st, "page_size", "INVALID_FIELD", "page_size must be 1 to %d",
                          OPERATOR_PAGE_MAX);
    struct account_state *states = ARENA_NEW_ARRAY(arena, struct account_state, wanted.page_size);
    if (states == NULL)
        return FAIL_MEMORY(st);
    TRY(operator_list_accounts(service->db, billing_deadline(call), &wanted, states,
                               &response->n_accounts, &has_more, st));
    response->accounts = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__Account *, wanted.page_size);
    if (response->accounts == NULL)
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < response->n_accounts; i++) {
        response->accounts[i] = message_account(&states[i], arena);
        if (response->accounts[i] == NULL)
            return FAIL_MEMORY(st);
    }
    if (!has_more)
        return STATUS_OK;
    email_key(states[response->n_accounts - 1].account.email, token);
    response->next_page_token = arena_strdup(arena, token);
    return response->next_page_token == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static status_code change_plan(struct rpc_call *call, const void *request_message,
                               void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ChangePlanRequest *request = request_message;
    Ocrmesh__Billing__V1__ChangePlanResponse *response = response_message;
    struct billing_service *service = data;
    struct account_state state;

    TRY(operator_change_plan(service->db, billing_deadline(call), request->account, request->plan,
                             &state, st));
    response->account = message_account(&state, rpc_call_arena(call));
    return response->account == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static status_code suspend_account(struct rpc_call *call, const void *request_message,
                                   void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__SuspendAccountRequest *request = request_message;
    Ocrmesh__Billing__V1__SuspendAccountResponse *response = response_message;
    struct billing_service *service = data;
    struct account_state state;

    TRY(operator_suspend(service->db, billing_deadline(call), request->account,
                         request->is_suspended, &state, st));
    response->account = message_account(&state, rpc_call_arena(call));
    return response->account == NULL ? FAIL_MEMORY(st) : STATUS_OK;
}

static status_code write_finding(const struct audit_finding *finding, void *arg, struct status *st)
{
    struct rpc_call *call = arg;
    Ocrmesh__Billing__V1__AuditLedgerResponse message =
        OCRMESH__BILLING__V1__AUDIT_LEDGER_RESPONSE__INIT;

    message.finding = (char *)finding->name;
    message.principal_key = (char *)finding->principal_key;
    message.message = (char *)finding->message;
    return rpc_call_write(call, &message, st);
}

static status_code audit_ledger(struct rpc_call *call, const void *request_message,
                                void *response_message, void *data, struct status *st)
{
    struct billing_service *service = data;

    return audit_run(service->db, rpc_call_deadline_within(call, AUDIT_TIMEOUT_MS), write_finding,
                     call, st);
}

static const struct rpc_handler handlers[] = {
    {"GrantCredits", RPC_UNARY, grant_credits},
    {"RefundCredits", RPC_UNARY, refund_credits},
    {"ListAccounts", RPC_UNARY, list_accounts},
    {"ChangePlan", RPC_UNARY, change_plan},
    {"SuspendAccount", RPC_UNARY, suspend_account},
    {"AuditLedger", RPC_SERVER_STREAM, audit_ledger},
};

struct rpc_service billing_admin_service_table(struct billing_service *service)
{
    return (struct rpc_service){&ocrmesh__billing__v1__billing_admin_service__descriptor, handlers,
                                ARRAY_LENGTH(handlers), service};
}
