/*
 * GET /api/v1/account/usage/: what the account was charged, by day and tier, and how many questions
 * it asked, by day (API: B21).
 */

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/http/json_write.h"
#include "bridge/json_answer.h"
#include "bridge/json_member.h"
#include "bridge/routes.h"
#include "bridge/upstream.h"
#include "lib/rest/words.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"

enum { USAGE_BODY_MAX = 256 * 1024 };

static const struct rpc_method list_usage = {&ocrmesh__billing__v1__account_service__descriptor,
                                             "ListUsage", RPC_UNARY};

static bool write_day(struct buf *out, const Ocrmesh__Billing__V1__UsageDay *day)
{
    return json_write_begin_object(out) && json_member_string(out, "day", day->day) &&
           json_member_string(out, "tier", rest_tier_word(day->tier)) &&
           json_member_integer(out, "pages", day->pages) &&
           json_member_integer(out, "credits", day->credits) &&
           json_member_integer(out, "paid_credits", day->paid_credits) &&
           json_member_integer(out, "refunded_credits", day->refunded_credits) &&
           json_write_end_object(out);
}

static bool write_question_day(struct buf *out, const Ocrmesh__Billing__V1__QuestionDay *day)
{
    return json_write_begin_object(out) && json_member_string(out, "day", day->day) &&
           json_member_integer(out, "questions", day->questions) && json_write_end_object(out);
}

static bool write_usage(struct buf *out, const Ocrmesh__Billing__V1__ListUsageResponse *response)
{
    if (!json_write_begin_object(out) ||
        !json_member_string(out, "first_day", response->first_day) ||
        !json_member_string(out, "last_day", response->last_day) || !json_write_name(out, "days") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_days; i++)
        if (!write_day(out, response->days[i]))
            return false;
    if (!json_write_end_array(out) || !json_write_name(out, "question_days") ||
        !json_write_begin_array(out))
        return false;
    for (size_t i = 0; i < response->n_question_days; i++)
        if (!write_question_day(out, response->question_days[i]))
            return false;
    return json_write_end_array(out) && json_write_end_object(out);
}

static void on_usage(struct exchange *exchange, const void *reply, void *data)
{
    struct buf body;

    buf_init(&body, USAGE_BODY_MAX);
    json_answer(exchange, HTTP_STATUS_OK, write_usage(&body, reply), &body);
}

/* *day: left as it is where the query has none. */
static status_code read_day(const struct exchange *exchange, const char *name, char **day,
                            struct status *st)
{
    struct str text;

    if (!exchange_query(exchange, name, &text))
        return STATUS_OK;
    if (text.n == 0)
        return FAIL_FIELD(st, name, "INVALID_FIELD", "%s must be a day such as 2026-01-31", name);
    /* Query values are NUL-terminated. */
    *day = (char *)text.p;
    return STATUS_OK;
}

void usage_get(struct exchange *exchange)
{
    Ocrmesh__Billing__V1__ListUsageRequest request = OCRMESH__BILLING__V1__LIST_USAGE_REQUEST__INIT;
    struct status st = {0};

    if (read_day(exchange, "first_day", &request.first_day, &st) != STATUS_OK ||
        read_day(exchange, "last_day", &request.last_day, &st) != STATUS_OK) {
        error_respond(exchange, &st);
        return;
    }
    upstream_unary(exchange, exchange_bridge(exchange)->billing, &list_usage, &request, on_usage,
                   NULL);
}
