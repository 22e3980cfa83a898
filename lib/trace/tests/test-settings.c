#include "lib/trace/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct trace_settings settings;

static status_code read_with(const char *name, const char *value, struct trace_options *ret_options)
{
    struct status st = {0};

    for (size_t i = 0; i < TRACE_SETTINGS_COUNT; i++)
        (void)unsetenv(trace_settings_entries[i].name);
    if (name != NULL)
        assert_int_equal(setenv(name, value, 1), 0);
    assert_int_equal(config_load(trace_settings_entries, TRACE_SETTINGS_COUNT, &settings, &st),
                     STATUS_OK);
    return trace_settings_read(&settings, "tester", ret_options, &st);
}

static void test_traces_are_off_and_all_of_them_sampled_by_default(void **state)
{
    struct trace_options options;

    assert_int_equal(read_with(NULL, NULL, &options), STATUS_OK);
    assert_string_equal(options.url, "");
    assert_int_equal(options.sampling, TRACE_SAMPLE_ALL);
    assert_true(options.is_parent_based);
}

/* OTLP specification, "Endpoint URLs for OTLP/HTTP". */
static void test_the_path_of_traces_is_added_to_the_endpoint_alone(void **state)
{
    struct trace_options options;

    assert_int_equal(read_with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", &options),
                     STATUS_OK);
    assert_string_equal(options.url, "http://c:4318/v1/traces");
    assert_int_equal(read_with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/in/", &options),
                     STATUS_OK);
    assert_string_equal(options.url, "http://c:4318/in/v1/traces");
    assert_int_equal(read_with("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318", &options),
                     STATUS_OK);
    assert_string_equal(options.url, "http://c:4318");
}

static void test_samplers_are_those_of_the_specification(void **state)
{
    struct trace_options options;

    assert_int_equal(read_with("OTEL_TRACES_SAMPLER", "parentbased_traceidratio", &options),
                     STATUS_OK);
    assert_int_equal(options.sampling, TRACE_SAMPLE_RATIO);
    assert_true(options.is_parent_based);
    assert_int_equal(read_with("OTEL_TRACES_SAMPLER", "always_off", &options), STATUS_OK);
    assert_int_equal(options.sampling, TRACE_SAMPLE_NONE);
    assert_false(options.is_parent_based);
    assert_int_equal(read_with("OTEL_TRACES_SAMPLER", "jaeger_remote", &options),
                     STATUS_INVALID_ARGUMENT);
}

static void test_a_ratio_is_a_share(void **state)
{
    static const char *const wrong[] = {"2", "-0.1", "half", "0.5x", "nan"};
    struct trace_options options;

    assert_int_equal(read_with("OTEL_TRACES_SAMPLER_ARG", "0.25", &options), STATUS_OK);
    assert_true(options.ratio == 0.25);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        assert_int_equal(read_with("OTEL_TRACES_SAMPLER_ARG", wrong[i], &options),
                         STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces_are_off_and_all_of_them_sampled_by_default),
        cmocka_unit_test(test_the_path_of_traces_is_added_to_the_endpoint_alone),
        cmocka_unit_test(test_samplers_are_those_of_the_specification),
        cmocka_unit_test(test_a_ratio_is_a_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
