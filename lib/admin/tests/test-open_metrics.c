#include "lib/admin/open_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { OUT_MAX_BYTES = 1 << 16 };

/* Expected text after the examples of the OpenMetrics 1.0 specification, "Overall Structure" and
 * "Exemplars". */
static const struct str written = STR("# HELP calls_total Calls that ended # {so}.\n"
                                      "# TYPE calls_total counter\n"
                                      "calls_total{code=\"OK\"} 2\n"
                                      "# HELP t_seconds Time.\n"
                                      "# TYPE t_seconds histogram\n"
                                      "t_seconds_bucket{le=\"1.0\"} 1 # {trace_id=\"ab\"} 0.5 9.1\n"
                                      "t_seconds_count 1\n");

static void test_prometheus_text_has_no_exemplars(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    assert_true(prometheus_text_write(written, &out));
    assert_string_equal(out.data, "# HELP calls_total Calls that ended # {so}.\n"
                                  "# TYPE calls_total counter\n"
                                  "calls_total{code=\"OK\"} 2\n"
                                  "# HELP t_seconds Time.\n"
                                  "# TYPE t_seconds histogram\n"
                                  "t_seconds_bucket{le=\"1.0\"} 1\n"
                                  "t_seconds_count 1\n");
}

static void test_open_metrics_names_counters_short_and_ends(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, OUT_MAX_BYTES);
    assert_true(open_metrics_write(written, &out));
    assert_string_equal(out.data, "# HELP calls Calls that ended # {so}.\n"
                                  "# TYPE calls counter\n"
                                  "calls_total{code=\"OK\"} 2\n"
                                  "# HELP t_seconds Time.\n"
                                  "# TYPE t_seconds histogram\n"
                                  "t_seconds_bucket{le=\"1.0\"} 1 # {trace_id=\"ab\"} 0.5 9.1\n"
                                  "t_seconds_count 1\n"
                                  "# EOF\n");
}

static void test_who_asks_for_it_gets_it(void **state)
{
    /* As Prometheus 2.42 asks. */
    assert_true(open_metrics_is_wanted(
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    assert_false(open_metrics_is_wanted("text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
    assert_false(open_metrics_is_wanted(NULL));
}

static void test_what_does_not_fit_is_told(void **state)
{
    _cleanup_(buf_deinit) struct buf out;

    buf_init(&out, 16);
    assert_false(open_metrics_write(written, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prometheus_text_has_no_exemplars),
        cmocka_unit_test(test_open_metrics_names_counters_short_and_ends),
        cmocka_unit_test(test_who_asks_for_it_gets_it),
        cmocka_unit_test(test_what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
