#include "services/billing/ledger/usage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "services/billing/ledger/store_question.h"
#include "services/billing/ledger/store_usage.h"

enum { SECONDS_PER_DAY = 24 * 60 * 60 };

static void format_day(int64_t day, char ret_text[static USAGE_DAY_SIZE])
{
    time_t seconds = (time_t)(day * SECONDS_PER_DAY);
    struct tm date;

    (void)gmtime_r(&seconds, &date);
    (void)strftime(ret_text, USAGE_DAY_SIZE, "%Y-%m-%d", &date);
}

static bool read_digits(const char *text, int count, int *ret_number)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool usage_parse_day(const char *text, int64_t *ret_day)
{
    int year, month, day;
    char same[USAGE_DAY_SIZE];

    if (strlen(text) != USAGE_DAY_SIZE - 1 || text[4] != '-' || text[7] != '-' ||
        !read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) ||
        !read_digits(text + 8, 2, &day) || year < 1970)
        return false;
    struct tm date = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    int64_t days = (int64_t)timegm(&date) / SECONDS_PER_DAY;
    /* timegm() makes March of February 30. */
    format_day(days, same);
    if (strcmp(same, text) != 0)
        return false;
    *ret_day = days;
    return true;
}

static status_code read_day(const char *text, const char *field, int64_t otherwise,
                            int64_t *ret_day, struct status *st)
{
    if (text[0] == '\0')
        *ret_day = otherwise;
    else if (!usage_parse_day(text, ret_day))
        return FAIL_FIELD(st, field, "INVALID_FIELD", "%s must be a day such as 2026-01-31", field);
    return STATUS_OK;
}

status_code usage_list(struct db *db, int64_t deadline, const char *account_id,
                       const char *first_day, const char *last_day, int64_t now,
                       struct arena *arena, struct usage *ret_usage, struct status *st)
{
    const int64_t day_ns = SECONDS_PER_DAY * NANOSECONDS_PER_SECOND;
    struct usage usage;
    int64_t first, last;

    TRY(read_day(last_day, "last_day", now / day_ns, &last, st));
    TRY(read_day(first_day, "first_day", last - (USAGE_DAYS_DEFAULT - 1), &first, st));
    if (first > last)
        return FAIL_FIELD(st, "first_day", "INVALID_FIELD", "first_day must not be after last_day");
    if (last - first >= USAGE_DAYS_MAX)
        return FAIL_FIELD(st, "first_day", "INVALID_FIELD",
                          "at most %d days may be asked for at once", USAGE_DAYS_MAX);
    format_day(first, usage.first_day);
    format_day(last, usage.last_day);
    TRY(store_usage_days(db, deadline, account_id, usage.first_day, usage.last_day, arena,
                         &usage.days, &usage.count, st));
    TRY(store_question_days(db, deadline, account_id, usage.first_day, usage.last_day, arena,
                            &usage.question_days, &usage.question_day_count, st));
    *ret_usage = usage;
    return STATUS_OK;
}
