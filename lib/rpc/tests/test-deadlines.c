/* Deadlines come out in their order, whatever goes in and is taken out. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/rpc/deadlines.h"

enum { COUNT = 500 };

static void test_the_earliest_is_first(void **state)
{
    static struct rpc_deadline all[COUNT];
    struct rpc_deadlines deadlines = {0};
    struct rpc_deadline *first;
    int64_t last = 0;
    int left = COUNT;

    assert_null(rpc_deadlines_first(&deadlines));
    for (size_t i = 0; i < COUNT; i++) {
        all[i].time = (int64_t)(i * 7919 % 251); /* many are equal */
        assert_true(rpc_deadlines_add(&deadlines, &all[i]));
    }
    for (size_t i = 0; i < COUNT; i += 3) { /* from the middle of it */
        rpc_deadlines_remove(&deadlines, &all[i]);
        rpc_deadlines_remove(&deadlines, &all[i]);
        assert_int_equal(all[i].place, 0);
        left--;
    }
    while ((first = rpc_deadlines_first(&deadlines)) != NULL) {
        assert_true(first->time >= last);
        last = first->time;
        rpc_deadlines_remove(&deadlines, first);
        left--;
    }
    assert_int_equal(left, 0);
    rpc_deadlines_deinit(&deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_earliest_is_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
