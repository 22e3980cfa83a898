#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "services/billing/plans/period.h"

/* Seconds of UTC as `date -u -d ... +%s` tells them. */
#define JAN_31_2026_235959 INT64_C(1769903999)
#define FEB_01_2026        INT64_C(1769904000)
#define JAN_01_2026        INT64_C(1767225600)
#define JAN_31_2026        INT64_C(1769817600)
#define FEB_29_2028_120000 INT64_C(1835438400)
#define FEB_01_2028        INT64_C(1832976000)
#define MAR_01_2028        INT64_C(1835481600)
#define DEC_31_2026_120000 INT64_C(1798718400)
#define DEC_01_2026        INT64_C(1796083200)
#define JAN_01_2027        INT64_C(1798761600)

static const struct plan by_day = {.day_cap_credits = 20, .month_cap_credits = 7};
static const struct plan by_month = {.month_cap_credits = 100};

static void assert_period(const struct plan *plan, int64_t now, period_kind kind, int64_t start,
                          int64_t reset, int64_t cap)
{
    struct period period =
        period_of(plan, now * NANOSECONDS_PER_SECOND + NANOSECONDS_PER_SECOND / 2);

    assert_int_equal(period.kind, kind);
    assert_int_equal(period.start_time, start * NANOSECONDS_PER_SECOND);
    assert_int_equal(period.reset_time, reset * NANOSECONDS_PER_SECOND);
    assert_int_equal(period.cap_credits, cap);
}

static void test_a_day_lasts_until_midnight_of_utc(void **state)
{
    assert_period(&by_day, JAN_31_2026_235959, PERIOD_DAY, JAN_31_2026, FEB_01_2026, 20);
    assert_period(&by_day, FEB_01_2026, PERIOD_DAY, FEB_01_2026, FEB_01_2026 + 86400, 20);
    assert_period(&by_day, DEC_31_2026_120000, PERIOD_DAY, DEC_31_2026_120000 - 43200, JAN_01_2027,
                  20);
}

static void test_a_month_lasts_until_its_last_day_ends(void **state)
{
    assert_period(&by_month, JAN_31_2026_235959, PERIOD_MONTH, JAN_01_2026, FEB_01_2026, 100);
    assert_period(&by_month, FEB_01_2026, PERIOD_MONTH, FEB_01_2026, FEB_01_2026 + 28 * 86400, 100);
    assert_period(&by_month, FEB_29_2028_120000, PERIOD_MONTH, FEB_01_2028, MAR_01_2028, 100);
    assert_period(&by_month, DEC_31_2026_120000, PERIOD_MONTH, DEC_01_2026, JAN_01_2027, 100);
}

static void test_a_plan_without_a_bucket_has_an_empty_month(void **state)
{
    static const struct plan bare = {0};

    assert_period(&bare, FEB_01_2026, PERIOD_MONTH, FEB_01_2026, FEB_01_2026 + 28 * 86400, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_day_lasts_until_midnight_of_utc),
        cmocka_unit_test(test_a_month_lasts_until_its_last_day_ends),
        cmocka_unit_test(test_a_plan_without_a_bucket_has_an_empty_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
