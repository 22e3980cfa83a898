#include "services/billing/plans/period.h"

#include <time.h>

#include "lib/base/clock.h"

/* The first second of a day or month of UTC; `month` may be 12, which is the next January. */
static int64_t start_of(const struct tm *date, int month, int day)
{
    struct tm start = {.tm_year = date->tm_year, .tm_mon = month, .tm_mday = day};

    return (int64_t)timegm(&start) * NANOSECONDS_PER_SECOND;
}

struct period period_of(const struct plan *plan, int64_t now)
{
    time_t seconds = (time_t)(now / NANOSECONDS_PER_SECOND);
    struct tm date;

    (void)gmtime_r(&seconds, &date);
    if (plan->day_cap_credits > 0)
        return (struct period){
            .kind = PERIOD_DAY,
            .start_time = start_of(&date, date.tm_mon, date.tm_mday),
            .reset_time = start_of(&date, date.tm_mon, date.tm_mday + 1),
            .cap_credits = plan->day_cap_credits,
        };
    return (struct period){
        .kind = PERIOD_MONTH,
        .start_time = start_of(&date, date.tm_mon, 1),
        .reset_time = start_of(&date, date.tm_mon + 1, 1),
        .cap_credits = plan->month_cap_credits,
    };
}

int64_t period_start(period_kind kind, int64_t now)
{
    time_t seconds = (time_t)(now / NANOSECONDS_PER_SECOND);
    struct tm date;

    (void)gmtime_r(&seconds, &date);
    return start_of(&date, date.tm_mon, kind == PERIOD_DAY ? date.tm_mday : 1);
}

const char *period_name(period_kind kind)
{
    return kind == PERIOD_DAY ? "day" : "month";
}
