#include "services/billing/message.h"

#include "lib/rpc/timestamp.h"

Ocrmesh__Billing__V1__Plan *message_plan(const struct plan *plan, struct arena *arena)
{
    Ocrmesh__Billing__V1__Plan *message = ARENA_NEW(arena, Ocrmesh__Billing__V1__Plan);
    Ocrmesh__Billing__V1__TierPrice *prices =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__TierPrice, PLAN_TIER_MAX);
    Ocrmesh__Billing__V1__TierPrice **list =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__TierPrice *, PLAN_TIER_MAX);

    if (message == NULL || prices == NULL || list == NULL)
        return NULL;
    ocrmesh__billing__v1__plan__init(message);
    message->name = arena_strdup(arena, plan->name);
    if (message->name == NULL)
        return NULL;
    message->day_cap_credits = plan->day_cap_credits;
    message->month_cap_credits = plan->month_cap_credits;
    message->pages_per_file = plan->pages_per_file;
    message->bytes_per_file = plan->bytes_per_file;
    message->jobs_at_once = plan->jobs_at_once;
    message->requests_per_minute = plan->requests_per_minute;
    message->queue_priority = plan->queue_priority;
    message->questions_per_day = plan->questions_per_day;
    message->retention_seconds = plan->retention_seconds;
    message->prices = list;
    for (int tier = PLAN_TIER_CPU; tier <= PLAN_TIER_MAX; tier++) {
        Ocrmesh__Billing__V1__TierPrice *price = &prices[message->n_prices];

        if (plan->page_price_credits[tier] == 0)
            continue;
        ocrmesh__billing__v1__tier_price__init(price);
        price->tier = (Ocrmesh__Ocr__V1__Tier)tier;
        price->page_price_credits = plan->page_price_credits[tier];
        list[message->n_prices++] = price;
    }
    return message;
}

Ocrmesh__Billing__V1__Principal *message_principal(const struct principal *principal,
                                                   struct arena *arena)
{
    Ocrmesh__Billing__V1__Principal *message = ARENA_NEW(arena, Ocrmesh__Billing__V1__Principal);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__principal__init(message);
    message->account_id = arena_strdup(arena, principal->account_id);
    message->key = arena_strdup(arena, principal->key);
    message->plan = message_plan(&principal->plan, arena);
    message->is_anonymous = principal->is_anonymous;
    return message->account_id == NULL || message->key == NULL || message->plan == NULL ? NULL
                                                                                        : message;
}

Ocrmesh__Billing__V1__RequestRate *message_rate(const struct request_rate *rate,
                                                struct arena *arena)
{
    Ocrmesh__Billing__V1__RequestRate *message =
        ARENA_NEW(arena, Ocrmesh__Billing__V1__RequestRate);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__request_rate__init(message);
    message->limit = rate->per_minute;
    message->left = rate->left;
    message->reset_ms = rate->full_ms;
    return message;
}

Ocrmesh__Billing__V1__Account *message_account(const struct account_state *state,
                                               struct arena *arena)
{
    Ocrmesh__Billing__V1__Account *message = ARENA_NEW(arena, Ocrmesh__Billing__V1__Account);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__account__init(message);
    message->account_id = arena_strdup(arena, state->account.id);
    message->email = arena_strdup(arena, state->account.email);
    message->plan = arena_strdup(arena, state->account.plan.name);
    message->used_credits = state->used_credits;
    message->cap_credits = state->cap_credits;
    message->balance_credits = state->account.balance_credits;
    message->is_suspended = state->account.standing == ACCOUNT_SUSPENDED;
    message->reset_time = rpc_timestamp_new(state->reset_time, arena);
    message->create_time = rpc_timestamp_new(state->account.create_time, arena);
    return message->account_id == NULL || message->email == NULL || message->plan == NULL ||
                   message->reset_time == NULL || message->create_time == NULL
               ? NULL
               : message;
}

Ocrmesh__Billing__V1__QuestionQuota *message_questions(const struct question_count *count,
                                                       struct arena *arena)
{
    Ocrmesh__Billing__V1__QuestionQuota *message =
        ARENA_NEW(arena, Ocrmesh__Billing__V1__QuestionQuota);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__question_quota__init(message);
    message->used = count->used;
    message->cap = count->cap;
    message->reset_time = rpc_timestamp_new(count->reset_time, arena);
    return message->reset_time == NULL ? NULL : message;
}

Ocrmesh__Billing__V1__Token *message_token(const struct account_token *token, struct arena *arena)
{
    Ocrmesh__Billing__V1__Token *message = ARENA_NEW(arena, Ocrmesh__Billing__V1__Token);

    if (message == NULL)
        return NULL;
    ocrmesh__billing__v1__token__init(message);
    message->token_id = arena_strdup(arena, token->id);
    message->name = arena_strdup(arena, token->name);
    message->hint = arena_strdup(arena, token->hint);
    message->create_time = rpc_timestamp_new(token->create_time, arena);
    if (token->last_used_time != 0) {
        message->last_used_time = rpc_timestamp_new(token->last_used_time, arena);
        if (message->last_used_time == NULL)
            return NULL;
    }
    return message->token_id == NULL || message->name == NULL || message->hint == NULL ||
                   message->create_time == NULL
               ? NULL
               : message;
}

static bool message_question_days(const struct usage *usage, struct arena *arena,
                                  Ocrmesh__Billing__V1__ListUsageResponse *response)
{
    const size_t count = usage->question_day_count;
    Ocrmesh__Billing__V1__QuestionDay *days =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__QuestionDay, count + 1);

    response->question_days =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__QuestionDay *, count + 1);
    if (days == NULL || response->question_days == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        ocrmesh__billing__v1__question_day__init(&days[i]);
        days[i].day = (char *)usage->question_days[i].day; /* in the arena, too */
        days[i].questions = usage->question_days[i].questions;
        response->question_days[response->n_question_days++] = &days[i];
    }
    return true;
}

bool message_usage(const struct usage *usage, struct arena *arena,
                   Ocrmesh__Billing__V1__ListUsageResponse *response)
{
    Ocrmesh__Billing__V1__UsageDay *days =
        ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__UsageDay, usage->count + 1);

    response->first_day = arena_strdup(arena, usage->first_day);
    response->last_day = arena_strdup(arena, usage->last_day);
    response->days = ARENA_NEW_ARRAY(arena, Ocrmesh__Billing__V1__UsageDay *, usage->count + 1);
    if (days == NULL || response->first_day == NULL || response->last_day == NULL ||
        response->days == NULL)
        return false;
    for (size_t i = 0; i < usage->count; i++) {
        ocrmesh__billing__v1__usage_day__init(&days[i]);
        days[i].day = (char *)usage->days[i].day; /* in the arena, too */
        days[i].tier = (Ocrmesh__Ocr__V1__Tier)usage->days[i].tier;
        days[i].pages = usage->days[i].pages;
        days[i].credits = usage->days[i].credits;
        days[i].paid_credits = usage->days[i].paid_credits;
        days[i].refunded_credits = usage->days[i].refunded_credits;
        response->days[response->n_days++] = &days[i];
    }
    return message_question_days(usage, arena, response);
}
