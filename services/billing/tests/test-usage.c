#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/base/cleanup.h"
#include "services/billing/ledger/usage.h"

/* Days since 1970 as `expr $(date -u -d ... +%s) / 86400` tells them. */
static void test_days_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t day;
    } cases[] = {{"1970-01-01", 0},     {"2026-01-31", 20484},   {"2028-02-29", 21243},
                 {"2000-02-29", 11016}, {"9999-12-31", 2932896}, {"2026-12-01", 20788}};

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t day = -1;

        assert_true(usage_parse_day(cases[i].text, &day));
        assert_int_equal(day, cases[i].day);
    }
}

static void test_what_is_no_day_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2026",
        "2026-1-31",
        "2026-02-30",
        "2027-02-29",
        "1900-02-29",
        "2026-00-10",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "1969-12-31",
        "2026-01-311",
        "2026/01/31",
        " 2026-01-31",
        "+026-01-31",
        "2026-01-3\n",
        "0000-00-00",
        "-999-01-01",
        "20260131",
        "2026-01-31 ' OR",
        "\xD9\xA2\xD9\xA0\xD9\xA2-01-01",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        int64_t day = -1;

        if (usage_parse_day(texts[i], &day))
            fail_msg("'%s' is no day", texts[i]);
        assert_int_equal(day, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_are_read),
        cmocka_unit_test(test_what_is_no_day_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
