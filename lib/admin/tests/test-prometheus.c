#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/admin/prometheus.h"

enum { OUT_MAX_BYTES = 1 << 16 };

/* Expected text after the examples in Prometheus' "Exposition formats". */

static void test_a_counter_is_described_typed_and_counted(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    prometheus_counter(&out, "requests_total", "Requests that have ended.", INT64_MAX);
    assert_string_equal(out.data, "# HELP requests_total Requests that have ended.\n"
                                  "# TYPE requests_total counter\n"
                                  "requests_total 9223372036854775807\n");
}

static void test_samples_carry_their_labels(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    prometheus_head(&out, "wait_seconds", "gauge", "Age.");
    prometheus_real(&out, 1.5, "wait_seconds{tier=\"%s\",state=\"%s\"}", "cpu", "waiting");
    prometheus_integer(&out, -1, "wait_seconds{tier=\"%s\"}", "vlm");
    assert_string_equal(out.data, "# HELP wait_seconds Age.\n"
                                  "# TYPE wait_seconds gauge\n"
                                  "wait_seconds{tier=\"cpu\",state=\"waiting\"} 1.500000\n"
                                  "wait_seconds{tier=\"vlm\"} -1\n");
}

static void test_a_line_that_does_not_fit_is_left_out_whole(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, 8);
    prometheus_integer(&out, 1, "a");
    prometheus_integer(&out, 1, "longer");
    prometheus_integer(&out, 2, "b");
    assert_string_equal(out.data, "a 1\nb 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_counter_is_described_typed_and_counted),
        cmocka_unit_test(test_samples_carry_their_labels),
        cmocka_unit_test(test_a_line_that_does_not_fit_is_left_out_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
