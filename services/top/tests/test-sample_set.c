#include "services/top/sample_set.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static struct sample_set set_of(const char *text, int64_t seconds)
{
    struct sample_set set;
    struct buf buf;

    buf_init(&buf, SAMPLE_TEXT_MAX_BYTES);
    assert_true(buf_append_str(&buf, text));
    assert_true(sample_set_init(&set, buf, seconds * NANOSECONDS_PER_SECOND));
    return set;
}

static void assert_near(double is, double wanted)
{
    if (!(fabs(is - wanted) < 1e-9))
        fail_msg("%.12f is not %.12f", is, wanted);
}

static void test_samples_add_up_by_name_and_label(void **state)
{
    _cleanup_(sample_set_deinit) struct sample_set set =
        set_of("# HELP calls_total Calls.\n"
               "# TYPE calls_total counter\n"
               "calls_total{method=\"a.b/C\",code=\"OK\"} 3\n"
               "calls_total{method=\"a.b/D\",code=\"OK\"} 4\n"
               "calls_total{method=\"a.b/D\",code=\"NOT_FOUND\"} 5\n"
               "calls 9\n"
               "torn{x=\"1\" 3\n"
               "worded many\n",
               0);

    assert_int_equal(set.count, 4);
    assert_near(sample_set_sum(&set, "calls_total", ""), 12);
    assert_near(sample_set_sum(&set, "calls_total", "code=\"OK\""), 7);
    assert_near(sample_set_sum(&set, "calls_total", "method=\"a.b/D\""), 9);
    assert_near(sample_set_sum(&set, "calls", ""), 9);
    assert_near(sample_set_sum(&set, "none", ""), 0);
}

static void test_a_rate_is_what_was_added_a_second(void **state)
{
    _cleanup_(sample_set_deinit) struct sample_set before = set_of("calls_total 10\n", 5);
    _cleanup_(sample_set_deinit) struct sample_set now = set_of("calls_total 14\n", 7);
    _cleanup_(sample_set_deinit) struct sample_set restarted = set_of("calls_total 6\n", 7);
    const struct sample_set none = {.time = 5};

    assert_near(sample_set_rate(&now, &before, "calls_total", ""), 2);
    assert_near(sample_set_rate(&restarted, &before, "calls_total", ""), 3);
    assert_near(sample_set_rate(&now, &none, "calls_total", ""), 0);
}

/* By hand, as Prometheus' documentation of histogram_quantile() describes it: of four new
 * durations one is below 0.1 s and three lie between 0.1 and 0.5 s; the median is the second, a
 * third of the way from 0.1 to 0.5. */
static void test_a_quantile_lies_between_the_bounds_of_its_bucket(void **state)
{
    _cleanup_(sample_set_deinit) struct sample_set before =
        set_of("t_seconds_bucket{m=\"a\",le=\"0.1\"} 7\n"
               "t_seconds_bucket{m=\"a\",le=\"0.5\"} 7\n"
               "t_seconds_bucket{m=\"a\",le=\"+Inf\"} 7\n",
               0);
    _cleanup_(sample_set_deinit) struct sample_set now =
        set_of("t_seconds_bucket{m=\"a\",le=\"0.1\"} 8\n"
               "t_seconds_bucket{m=\"a\",le=\"0.5\"} 11\n"
               "t_seconds_bucket{m=\"a\",le=\"+Inf\"} 11\n"
               "t_seconds_bucket{m=\"b\",le=\"0.1\"} 0\n"
               "t_seconds_bucket{m=\"b\",le=\"0.5\"} 0\n"
               "t_seconds_bucket{m=\"b\",le=\"+Inf\"} 2\n",
               1);

    assert_near(sample_set_quantile(&now, &before, "t_seconds", "m=\"a\"", 0.5), 0.1 + 0.4 / 3);
    assert_near(sample_set_quantile(&now, &before, "t_seconds", "m=\"a\"", 0.25), 0.1);
    /* Beyond the last bound that is a number, it is that one. */
    assert_near(sample_set_quantile(&now, &before, "t_seconds", "m=\"b\"", 0.5), 0.5);
    assert_true(sample_set_quantile(&now, &now, "t_seconds", "m=\"a\"", 0.5) < 0);
    assert_true(sample_set_quantile(&now, &before, "none", "", 0.5) < 0);
}

static void test_labels_are_found_by_their_whole_name(void **state)
{
    _cleanup_(sample_set_deinit) struct sample_set set =
        set_of("calls_total{xmethod=\"no\",method=\"yes\"} 3\n", 0);
    struct str value;

    assert_true(sample_label(&set.samples[0], "method", &value));
    assert_true(str_equal(value, STR("yes")));
    assert_false(sample_label(&set.samples[0], "code", &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_add_up_by_name_and_label),
        cmocka_unit_test(test_a_rate_is_what_was_added_a_second),
        cmocka_unit_test(test_a_quantile_lies_between_the_bounds_of_its_bucket),
        cmocka_unit_test(test_labels_are_found_by_their_whole_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
