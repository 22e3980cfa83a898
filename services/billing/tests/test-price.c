#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/billing/plans/price.h"

static const struct plan plan = {
    .name = "free",
    .page_price_credits = {[PLAN_TIER_CPU] = 1, [PLAN_TIER_VLM] = 5},
};

static void test_a_price_is_pages_times_the_tiers(void **state)
{
    struct status st = {0};
    int64_t credits;

    assert_int_equal(price_of(&plan, PLAN_TIER_CPU, 7, &credits, &st), STATUS_OK);
    assert_int_equal(credits, 7);
    assert_int_equal(price_of(&plan, PLAN_TIER_VLM, 7, &credits, &st), STATUS_OK);
    assert_int_equal(credits, 35);
    assert_int_equal(price_of(&plan, PLAN_TIER_VLM, INT32_MAX, &credits, &st), STATUS_OK);
    assert_int_equal(credits, INT64_C(10737418235));
}

static void assert_refused(const struct plan *of, int32_t tier, int32_t pages, const char *field)
{
    struct status st = {0};
    int64_t credits = -1;

    assert_int_equal(price_of(of, tier, pages, &credits, &st), STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "INVALID_FIELD");
    assert_string_equal(st.field, field);
    assert_int_equal(credits, -1);
}

static void test_what_has_no_price_is_refused(void **state)
{
    static const struct plan cpu_only = {.name = "x", .page_price_credits = {[PLAN_TIER_CPU] = 1}};
    static const struct plan dear = {.name = "x",
                                     .page_price_credits = {[PLAN_TIER_CPU] = INT64_MAX / 2}};

    assert_refused(&plan, PLAN_TIER_CPU, 0, "pages");
    assert_refused(&plan, PLAN_TIER_CPU, -1, "pages");
    assert_refused(&plan, 0, 1, "tier");
    assert_refused(&plan, 3, 1, "tier");
    assert_refused(&plan, -1, 1, "tier");
    assert_refused(&cpu_only, PLAN_TIER_VLM, 1, "tier");
    assert_refused(&dear, PLAN_TIER_CPU, 3, "pages");
}

static void assert_split(int64_t credits, int64_t left, int64_t quota, int64_t paid)
{
    struct payment payment = price_split(credits, left);

    assert_int_equal(payment.quota_credits, quota);
    assert_int_equal(payment.paid_credits, paid);
}

static void test_credits_pay_first(void **state)
{
    assert_split(10, 100, 0, 10);
    assert_split(10, 10, 0, 10);
    assert_split(10, 3, 7, 3);
    assert_split(10, 0, 10, 0);
    assert_split(0, 5, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_price_is_pages_times_the_tiers),
        cmocka_unit_test(test_what_has_no_price_is_refused),
        cmocka_unit_test(test_credits_pay_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
