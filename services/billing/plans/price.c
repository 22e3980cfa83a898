#include "services/billing/plans/price.h"

#include <assert.h>

status_code price_of(const struct plan *plan, int32_t tier, int32_t pages, int64_t *ret_credits,
                     struct status *st)
{
    int64_t credits;

    if (pages < 1)
        return FAIL_FIELD(st, "pages", "INVALID_FIELD", "pages must be at least 1");
    if (tier != PLAN_TIER_CPU && tier != PLAN_TIER_VLM)
        return FAIL_FIELD(st, "tier", "INVALID_FIELD", "tier must be TIER_CPU or TIER_VLM");
    if (plan->page_price_credits[tier] == 0)
        return FAIL_FIELD(st, "tier", "INVALID_FIELD", "the plan %s does not have this tier",
                          plan->name);
    if (__builtin_mul_overflow(plan->page_price_credits[tier], (int64_t)pages, &credits))
        return FAIL_FIELD(st, "pages", "INVALID_FIELD", "there are too many pages");
    *ret_credits = credits;
    return STATUS_OK;
}

struct payment price_split(int64_t credits, int64_t paid_left_credits)
{
    int64_t paid = credits < paid_left_credits ? credits : paid_left_credits;

    assert(credits >= 0 && paid_left_credits >= 0);
    return (struct payment){.quota_credits = credits - paid, .paid_credits = paid};
}
