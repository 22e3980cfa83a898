#pragma once

/*
 * What an account was charged, by day and tier, and how many questions it asked. Days are those of
 * UTC; a job counts on the day on which its pages were reserved, as it does for the free bucket.
 *
 * Thread rule: any thread; calls block on the database until `deadline` (monotonic nanoseconds).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"

struct db;

enum {
    USAGE_DAY_SIZE = 11,     /* "2026-01-31" */
    USAGE_DAYS_MAX = 366,    /* that may be asked for at once */
    USAGE_DAYS_DEFAULT = 31, /* where no first day is given, with the last one */
};

/* One tier on one day on which it was used. */
struct usage_day {
    char day[USAGE_DAY_SIZE];
    int32_t tier;
    int64_t pages;
    int64_t credits;          /* whatever paid */
    int64_t paid_credits;     /* of these, from the account's balance */
    int64_t refunded_credits; /* of the paid ones, given back since, on whatever day */
};

/* A day on which questions were asked. */
struct usage_questions {
    char day[USAGE_DAY_SIZE];
    int64_t questions;
};

struct usage {
    char first_day[USAGE_DAY_SIZE];
    char last_day[USAGE_DAY_SIZE];
    const struct usage_day *days; /* by day, then tier */
    size_t count;
    const struct usage_questions *question_days; /* by day */
    size_t question_day_count;
};

/*
 * @first_day, @last_day: "2026-01-31"; an empty last day is that of `now` (wall nanoseconds), an
 * empty first day lies USAGE_DAYS_DEFAULT - 1 before the last.
 * @ret_usage: in the arena.
 *
 * Fails with INVALID_ARGUMENT INVALID_FIELD (first_day, last_day) for what is no day of 1970 to
 * 9999, and for a range that runs backwards or over USAGE_DAYS_MAX.
 */
status_code usage_list(struct db *db, int64_t deadline, const char *account_id,
                       const char *first_day, const char *last_day, int64_t now,
                       struct arena *arena, struct usage *ret_usage,
                       struct status *st) _must_check_;

/* The start of a day, in days since 1970-01-01. False for text that is none. */
bool usage_parse_day(const char *text, int64_t *ret_day);
