#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/endpoint/breaker.h"

enum { FAILURES = 3, PAUSE_MS = 1000 };

static int64_t now_ms;

static void pass(int64_t ms)
{
    now_ms += ms;
    time_set_offset_for_test(now_ms * NANOSECONDS_PER_MS);
}

static int tear_down(void **state)
{
    now_ms = 0;
    time_set_offset_for_test(0);
    return 0;
}

/* True when a call went through. */
static bool call(struct breaker *breaker, breaker_outcome outcome)
{
    bool is_probe;

    if (!breaker_enter(breaker, &is_probe))
        return false;
    breaker_leave(breaker, is_probe, outcome);
    return true;
}

static int64_t openings(struct breaker *breaker)
{
    int64_t count;

    (void)breaker_is_open(breaker, &count);
    return count;
}

static void open_it(struct breaker *breaker)
{
    breaker_init(breaker, FAILURES, PAUSE_MS);
    for (int i = 0; i < FAILURES; i++)
        assert_true(call(breaker, BREAKER_FAILURE));
}

static void test_failures_in_a_row_open_it(void **state)
{
    struct breaker breaker;

    breaker_init(&breaker, FAILURES, PAUSE_MS);
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_true(call(&breaker, BREAKER_SUCCESS));
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_true(call(&breaker, BREAKER_UNKNOWN));
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_int_equal(openings(&breaker), 0);
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_int_equal(openings(&breaker), 1);
    assert_false(call(&breaker, BREAKER_SUCCESS));
    breaker_deinit(&breaker);
}

static void test_one_probe_at_a_time_decides(void **state)
{
    struct breaker breaker;
    bool is_probe, is_other;

    open_it(&breaker);
    pass(PAUSE_MS + 1);
    assert_true(breaker_enter(&breaker, &is_probe));
    assert_true(is_probe);
    assert_false(breaker_enter(&breaker, &is_other));
    breaker_leave(&breaker, is_probe, BREAKER_SUCCESS);
    assert_true(breaker_enter(&breaker, &is_probe));
    assert_false(is_probe);
    breaker_leave(&breaker, is_probe, BREAKER_SUCCESS);
    breaker_deinit(&breaker);
}

static void test_a_probe_that_says_nothing_leaves_room_for_another(void **state)
{
    struct breaker breaker;

    open_it(&breaker);
    pass(PAUSE_MS + 1);
    assert_true(call(&breaker, BREAKER_UNKNOWN));
    assert_true(call(&breaker, BREAKER_SUCCESS));
    assert_true(call(&breaker, BREAKER_FAILURE));
    assert_int_equal(openings(&breaker), 1);
    breaker_deinit(&breaker);
}

static void test_each_failed_probe_doubles_the_pause_to_a_limit(void **state)
{
    static const int64_t pauses[] = {1000, 2000, 4000, 8000, 8000};
    struct breaker breaker;

    open_it(&breaker);
    for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
        pass(pauses[i] - 500);
        assert_false(call(&breaker, BREAKER_FAILURE));
        pass(501);
        assert_true(call(&breaker, BREAKER_FAILURE));
    }
    breaker_deinit(&breaker);
}

static void test_calls_that_began_before_do_not_open_it_again(void **state)
{
    struct breaker breaker;
    bool is_late_probe;

    breaker_init(&breaker, FAILURES, PAUSE_MS);
    assert_true(breaker_enter(&breaker, &is_late_probe));
    for (int i = 0; i < FAILURES; i++)
        assert_true(call(&breaker, BREAKER_FAILURE));
    breaker_leave(&breaker, is_late_probe, BREAKER_FAILURE);
    assert_int_equal(openings(&breaker), 1);
    pass(PAUSE_MS + 1);
    assert_true(call(&breaker, BREAKER_SUCCESS));
    breaker_deinit(&breaker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_failures_in_a_row_open_it, tear_down),
        cmocka_unit_test_teardown(test_one_probe_at_a_time_decides, tear_down),
        cmocka_unit_test_teardown(test_a_probe_that_says_nothing_leaves_room_for_another,
                                  tear_down),
        cmocka_unit_test_teardown(test_each_failed_probe_doubles_the_pause_to_a_limit, tear_down),
        cmocka_unit_test_teardown(test_calls_that_began_before_do_not_open_it_again, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
