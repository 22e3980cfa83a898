#include "lib/admin/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"

enum { OUT_MAX_BYTES = 1 << 16 };

static struct histogram histogram;
static struct buf out;

static int set_up(void **state)
{
    memset(&histogram, 0, sizeof(histogram));
    buf_init(&out, OUT_MAX_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    buf_deinit(&out);
    return 0;
}

static void assert_line(const char *line)
{
    if (strstr(out.data, line) == NULL)
        fail_msg("%s is not in:\n%s", line, out.data);
}

static void test_a_duration_counts_in_its_bucket_and_all_above(void **state)
{
    histogram_add(&histogram, 5 * NANOSECONDS_PER_MS);
    histogram_add(&histogram, 300 * NANOSECONDS_PER_MS);
    histogram_add(&histogram, 500 * NANOSECONDS_PER_SECOND);
    histogram_write(&histogram, &out, "t_seconds", "");
    assert_line("t_seconds_bucket{le=\"0.005\"} 1\n");
    assert_line("t_seconds_bucket{le=\"0.25\"} 1\n");
    assert_line("t_seconds_bucket{le=\"0.5\"} 2\n");
    assert_line("t_seconds_bucket{le=\"120.0\"} 2\n");
    assert_line("t_seconds_bucket{le=\"+Inf\"} 3\n");
    assert_line("t_seconds_sum 500.305000\n");
    assert_line("t_seconds_count 3\n");
    assert_int_equal(histogram_count(&histogram), 3);
}

static void test_labels_stand_before_the_bound(void **state)
{
    histogram_add(&histogram, 1);
    histogram_write(&histogram, &out, "t_seconds", "tier=\"cpu\"");
    assert_line("t_seconds_bucket{tier=\"cpu\",le=\"+Inf\"} 1\n");
    assert_line("t_seconds_count{tier=\"cpu\"} 1\n");
}

static void test_the_trace_of_the_thread_is_the_bucket_s_exemplar(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                                    &context));
    struct trace_context before = trace_context_swap(context);
    histogram_add(&histogram, 40 * NANOSECONDS_PER_MS);
    (void)trace_context_swap(before);
    histogram_add(&histogram, 41 * NANOSECONDS_PER_MS);
    histogram_write(&histogram, &out, "t_seconds", "");
    assert_line("t_seconds_bucket{le=\"0.05\"} 2 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\","
                "span_id=\"00f067aa0ba902b7\"} 0.040000 ");
    assert_line("t_seconds_bucket{le=\"0.1\"} 2\n");
}

static void test_a_trace_that_is_not_recorded_is_no_exemplar(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
                                    &context));
    struct trace_context before = trace_context_swap(context);
    histogram_add(&histogram, 1);
    (void)trace_context_swap(before);
    histogram_write(&histogram, &out, "t_seconds", "");
    assert_null(strchr(out.data, '#'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_duration_counts_in_its_bucket_and_all_above, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_labels_stand_before_the_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_trace_of_the_thread_is_the_bucket_s_exemplar,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_trace_that_is_not_recorded_is_no_exemplar, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
