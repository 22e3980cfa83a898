#pragma once

/*
 * The day or month that a free bucket is for. Computes only; any thread.
 *
 * Days and months are those of UTC. Times are wall nanoseconds.
 */

#include <stdint.h>

#include "services/billing/plans/plan.h"

typedef enum {
    PERIOD_DAY,
    PERIOD_MONTH,
} period_kind;

struct period {
    period_kind kind;
    int64_t start_time;
    int64_t reset_time; /* start of the next one */
    int64_t cap_credits;
};

/* The period of `plan` in which `now` lies. */
struct period period_of(const struct plan *plan, int64_t now);

/* When the day or month in which `now` lies began. */
int64_t period_start(period_kind kind, int64_t now);

/* "day" or "month", as in the database and in error facts. */
const char *period_name(period_kind kind);
