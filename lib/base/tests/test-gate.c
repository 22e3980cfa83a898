#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/gate.h"

enum { IN_ALL = 3, PER_CALLER = 2 };

static void assert_enters(struct gate *gate, const char *key, struct gate_pass *pass)
{
    struct status st;

    assert_int_equal(gate_enter(gate, key, pass, &st), STATUS_OK);
}

static void assert_refused(struct gate *gate, const char *key, const char *reason)
{
    struct gate_pass pass = {0};
    struct status st = {0};

    assert_int_equal(gate_enter(gate, key, &pass, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, reason);
    assert_true(st.retry_after_ms > 0);
    gate_leave(&pass); /* none: nothing is counted twice */
}

static void test_a_caller_has_its_share_and_no_more(void **state)
{
    _cleanup_(gate_freep) struct gate *gate = gate_new("uploads", IN_ALL, PER_CALLER);
    struct gate_pass a = {0}, b = {0}, other = {0};

    assert_enters(gate, "one", &a);
    assert_enters(gate, "one", &b);
    assert_refused(gate, "one", "RATE_LIMITED");
    assert_enters(gate, "two", &other);
    gate_leave(&a);
    assert_enters(gate, "one", &a);
    gate_leave(&b);
    gate_leave(&other);
    gate_leave(&a);
}

static void test_all_callers_together_have_a_limit(void **state)
{
    _cleanup_(gate_freep) struct gate *gate = gate_new("uploads", IN_ALL, PER_CALLER);
    static const char *const keys[IN_ALL] = {"one", "two", "three"};
    struct gate_pass passes[IN_ALL] = {0};

    for (int i = 0; i < IN_ALL; i++)
        assert_enters(gate, keys[i], &passes[i]);
    assert_refused(gate, "four", "OVERLOADED");
    /* From the middle, the front and the end of the list. */
    gate_leave(&passes[1]);
    assert_enters(gate, "four", &passes[1]);
    assert_refused(gate, "two", "OVERLOADED");
    for (int i = 0; i < IN_ALL; i++)
        gate_leave(&passes[i]);
    assert_enters(gate, "four", &passes[0]);
    gate_leave(&passes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_caller_has_its_share_and_no_more),
        cmocka_unit_test(test_all_callers_together_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
