/* What accounts are offered, what they used, and the questions that are counted. */

#include "lib/base/clock.h"
#include "lib/rpc/caller.h"
#include "services/billing/accounts/store_account.h"
#include "services/billing/ledger/question.h"
#include "services/billing/ledger/usage.h"
#include "services/billing/message.h"
#include "services/billing/metrics.h"
#include "services/billing/service_handlers.h"

/* API: GET /api/v1/plans/ */
status_code service_list_plans(struct rpc_call *call, const void *request_message,
                               void *response_message, void *data, struct status *st)
{
    Ocrmesh__Billing__V1__ListPlansResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    const struct plan *plans;
    size_t count;

    TRY(store_plans(service->db, billing_deadline(call), arena, &plans, &count, st));
    response->plans = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__Plan *, count + 1);
    if (response->plans == NULL)
        return FAIL_MEMORY(st);
    for (; response->n_plans < count; response->n_plans++) {
        response->plans[response->n_plans] = message_plan(&plans[response->n_plans], arena);
        if (response->plans[response->n_plans] == NULL)
            return FAIL_MEMORY(st);
    }
    return STATUS_OK;
}

/* API: GET /api/v1/account/usage/ */
status_code service_list_usage(struct rpc_call *call, const void *request_message,
                               void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__ListUsageRequest *request = request_message;
    Ocrmesh__Billing__V1__ListUsageResponse *response = response_message;
    struct billing_service *service = data;
    struct arena *arena = rpc_call_arena(call);
    struct account_state state;
    struct rpc_caller caller;
    struct usage usage;

    TRY(rpc_caller_read(call, &caller, st));
    TRY(account_get(service->db, billing_deadline(call), caller.token, &state, st));
    TRY(usage_list(service->db, billing_deadline(call), state.account.id, request->first_day,
                   request->last_day, time_wall(), arena, &usage, st));
    return message_usage(&usage, arena, response) ? STATUS_OK : FAIL_MEMORY(st);
}

status_code service_spend_question(struct rpc_call *call, const void *request_message,
                                   void *response_message, void *data, struct status *st)
{
    const Ocrmesh__Billing__V1__SpendQuestionRequest *request = request_message;
    Ocrmesh__Billing__V1__SpendQuestionResponse *response = response_message;
    struct billing_service *service = data;
    struct question_count count;

    status_code code = question_spend(service->db, billing_deadline(call), request->account_id,
                                      request->request_id, &count, st);
    if (code == STATUS_RESOURCE_EXHAUSTED && status_get_info(st, "cap") != NULL)
        metrics_add(service->metrics, METRICS_QUESTIONS_REFUSED, 1);
    if (code != STATUS_OK)
        return code;
    metrics_add(service->metrics, METRICS_QUESTIONS_COUNTED, 1);
    response->used = count.used;
    response->cap = count.cap;
    return STATUS_OK;
}
