#pragma once

/*
 * What a plan allows and what a page costs, as it stands in the database.
 *
 * Values, any thread. Credits are whole; one is the price of a `cpu` page by default.
 */

#include <stdint.h>

enum { PLAN_NAME_SIZE = 33 };

/* Numbers of ocrmesh.ocr.v1.Tier. */
typedef enum {
    PLAN_TIER_CPU = 1,
    PLAN_TIER_VLM = 2,
} plan_tier;
enum { PLAN_TIER_MAX = PLAN_TIER_VLM };

struct plan {
    char name[PLAN_NAME_SIZE];
    int64_t day_cap_credits;   /* 0: the bucket is the month's */
    int64_t month_cap_credits; /* 0: no free credits */
    int32_t pages_per_file;
    int64_t bytes_per_file;
    int32_t jobs_at_once;        /* 0: no limit */
    int32_t requests_per_minute; /* 0: no limit */
    int32_t queue_priority;      /* higher is served first */
    int32_t questions_per_day;
    int64_t retention_seconds;
    int64_t page_price_credits[PLAN_TIER_MAX + 1]; /* by tier; 0: the plan does not have it */
};

/* What callers without an account are on. */
#define PLAN_ANONYMOUS "anonymous"
/* What a new account is on. */
#define PLAN_NEW_ACCOUNT "free"
