/*
 * GET /api/v1/plans/ and /api/v1/limits/: what is offered, and what holds for the caller (API: B20,
 * B22). Both speak of a plan in the same words.
 */

#include "bridge/bridge.h"
#include "bridge/caller.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/rest/words.h"

enum { PLANS_BODY_MAX = 256 * 1024 };

static const struct rpc_method list_plans = {&ocrmesh__billing__v1__billing_service__descriptor,
                                             "ListPlans", RPC_UNARY};

/* 0 means that there is no limit; a client would take it for one. */
static bool member_limit(struct buf *out, const char *name, int64_t value)
{
    return json_write_name(out, name) &&
           (value > 0 ? json_write_integer(out, value) : json_write_null(out));
}

/* {"period": "month", "credits": 100}; null for a plan that has nothing for free. */
static bool member_free(struct buf *out, const Ocrmesh__Billing__V1__Plan *plan)
{
    bool is_by_day = plan->day_cap_credits > 0;
    int64_t credits = is_by_day ? plan->day_cap_credits : plan->month_cap_credits;

    if (!json_write_name(out, "free"))
        return false;
    if (credits == 0)
        return json_write_null(out);
    return json_write_begin_object(out) && json_write_name(out, "period") &&
           json_write_string(out, is_by_day ? STR("day") : STR("month")) &&
           json_member_integer(out, "credits", credits) && json_write_end_object(out);
}

static bool member_prices(struct buf *out, const Ocrmesh__Billing__V1__Plan *plan)
{
    if (!json_write_name(out, "page_price_credits") || !json_write_begin_object(out))
        return false;
    for (size_t i = 0; i < plan->n_prices; i++)
        if (!json_member_integer(out, rest_tier_word(plan->prices[i]->tier),
                                 plan->prices[i]->page_price_credits))
            return false;
    return json_write_end_object(out);
}

static bool write_plan(struct buf *out, const Ocrmesh__Billing__V1__Plan *plan)
{
    return json_write_begin_object(out) && json_member_string(out, "plan", plan->name) &&
           member_free(out, plan) && member_prices(out, plan) &&
           json_member_integer(out, "pages_per_file", plan->pages_per_file) &&
           json_member_integer(out, "bytes_per_file", plan->bytes_per_file) &&
           member_limit(out, "jobs_at_once", plan->jobs_at_once) &&
           member_limit(out, "requests_per_minute", plan->requests_per_minute) &&
           json_member_integer(out, "questions_per_day", plan->questions_per_day) &&
           json_member_integer(out, "queue_priority", plan->queue_priority) &&
           json_member_integer(out, "retention_seconds", plan->retention_seconds) &&
           json_write_end_object(out);
}

static bool write_plans(struct buf *out, const Ocrmesh__Billing__V1__ListPlansResponse *response)
{
    if (!json_write_begin_object(out) || !json_write_name(out, "plans") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_plans; i++)
        if (!write_plan(out, response->plans[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static void on_plans(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;

    buf_init(&body, PLANS_BODY_MAX);
    json_answer(exchange, HTTP_STATUS_OK, write_plans(&body, reply), &body);
}

void plan_list(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__ListPlansRequest request = OCRMESH__BILLING__V1__LIST_PLANS_REQUEST__INIT;

    upstream_unary(exchange, exchange_bridge(exchange)->billing, &list_plans, &request, on_plans,
                   NULL);
}

/* While an account has credits, these are those of its plan's funded plan (docs/billing.md). */
void limits_get(struct exchange *exchange)
{
    struct buf body;

    buf_init(&body, PLANS_BODY_MAX);
    json_answer(exchange, HTTP_STATUS_OK, write_plan(&body, caller_principal(exchange)->plan),
                &body);
}
