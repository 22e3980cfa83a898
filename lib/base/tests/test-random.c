#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/random.h"

static void test_identifiers_are_hexadecimal_and_differ(void **state)
{
    char a[RANDOM_ID_SIZE], b[RANDOM_ID_SIZE];

    random_id(a);
    random_id(b);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
}

static void test_values_stay_below_their_bound_and_reach_all_of_it(void **state)
{
    unsigned seen = 0;

    for (int i = 0; i < 1000; i++) {
        uint64_t value = random_below(6);
        assert_true(value < 6);
        seen |= 1U << value;
    }
    assert_int_equal(seen, 0x3f);
    assert_true(random_below(0) == 0);
    assert_true(random_below(1) == 0);
    assert_true(random_below(UINT64_MAX) < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers_are_hexadecimal_and_differ),
        cmocka_unit_test(test_values_stay_below_their_bound_and_reach_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
