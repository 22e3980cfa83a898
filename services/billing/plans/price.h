#pragma once

/*
 * What pages cost, and which purse pays. Computes only; any thread.
 *
 * A price is paid with credits first and from the free bucket for what is left; what is charged in
 * the end is taken from the credits first, too, so that what was taken last comes back first.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/billing/plans/plan.h"

/* Credits' worth of pages, by what pays for them. Both at least 0. */
struct payment {
    int64_t quota_credits; /* of the period's free bucket */
    int64_t paid_credits;  /* of the account's balance */
};

/* Pages x price. Fails with INVALID_ARGUMENT INVALID_FIELD for a number of pages below 1 (pages)
 * and a tier that there is not or that the plan does not have (tier). */
status_code price_of(const struct plan *plan, int32_t tier, int32_t pages, int64_t *ret_credits,
                     struct status *st) _must_check_;

/* Splits `credits`: as much as `paid_left_credits` has, the rest from the bucket, whatever is
 * there. Both at least 0. */
struct payment price_split(int64_t credits, int64_t paid_left_credits);
