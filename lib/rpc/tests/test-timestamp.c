#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/rpc/timestamp.h"

static void test_times_survive_the_way_there_and_back(void **state)
{
    static const int64_t times[] = {0, 1, -1, -1000000000, INT64_C(1763712000123456789)};
    _cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);

    for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
        const Google__Protobuf__Timestamp *timestamp = rpc_timestamp_new(times[i], arena);

        assert_in_range(timestamp->nanos, 0, 999999999);
        assert_int_equal(rpc_timestamp_ns(timestamp), times[i]);
    }
}

static void test_a_time_that_is_not_set_is_zero(void **state)
{
    assert_int_equal(rpc_timestamp_ns(NULL), 0);
}

static void test_a_time_out_of_range_stays_at_its_end(void **state)
{
    Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

    timestamp.seconds = INT64_MAX;
    assert_int_equal(rpc_timestamp_ns(&timestamp), INT64_MAX);
    timestamp.seconds = INT64_MIN;
    assert_int_equal(rpc_timestamp_ns(&timestamp), INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_survive_the_way_there_and_back),
        cmocka_unit_test(test_a_time_that_is_not_set_is_zero),
        cmocka_unit_test(test_a_time_out_of_range_stays_at_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
