#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static void test_the_offset_moves_both_clocks(void **state)
{
    int64_t mono = time_mono(), wall = time_wall();

    time_set_offset_for_test(3600 * NANOSECONDS_PER_SECOND);
    assert_true(time_mono() - mono >= 3600 * NANOSECONDS_PER_SECOND);
    assert_true(time_wall() - wall >= 3599 * NANOSECONDS_PER_SECOND);
    time_set_offset_for_test(0);
    assert_true(time_mono() >= mono);
}

static void test_a_deadline_saturates(void **state)
{
    assert_true(time_mono_after_ms(INT64_MAX) == TIME_NEVER);
    assert_true(time_mono_after_ms(INT64_MAX / NANOSECONDS_PER_MS) == TIME_NEVER);
    assert_true(time_mono_after_ms(1000) > time_mono());
    assert_true(time_mono_after_ms(-1000) < time_mono());
}

/* 1700000000 s is 2023-11-14T22:13:20Z (date -u -d @1700000000). */
static void test_times_are_written_as_rfc3339(void **state)
{
    char text[TIME_RFC3339_SIZE];

    time_format_rfc3339(INT64_C(1700000000123456789), text);
    assert_string_equal(text, "2023-11-14T22:13:20.123456Z");
    time_format_rfc3339(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
    time_format_rfc3339(-1000, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    time_format_rfc3339(INT64_MAX, text);
    assert_string_equal(text, "2262-04-11T23:47:16.854775Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_offset_moves_both_clocks),
        cmocka_unit_test(test_a_deadline_saturates),
        cmocka_unit_test(test_times_are_written_as_rfc3339),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
