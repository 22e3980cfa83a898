#include "lib/base/trace_context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The example of W3C Trace Context §3.2.5. */
#define EXAMPLE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void test_the_example_of_the_standard_is_read_and_written(void **state)
{
    static const uint8_t span_id[SPAN_ID_BYTES] = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
    struct trace_context context;
    char text[TRACEPARENT_SIZE];

    assert_true(trace_context_parse(STR(EXAMPLE), &context));
    assert_true(context.is_valid && context.is_sampled);
    assert_int_equal(context.trace_id[0], 0x4b);
    assert_int_equal(context.trace_id[TRACE_ID_BYTES - 1], 0x36);
    assert_memory_equal(context.span_id, span_id, sizeof(span_id));
    trace_context_format(&context, text);
    assert_string_equal(text, EXAMPLE);
}

static void test_the_sampled_flag_is_one_bit(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe"),
                                    &context));
    assert_false(context.is_sampled);
}

static void test_a_later_version_is_read_as_far_as_it_is_known(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(
        STR("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"), &context));
    assert_true(context.is_sampled);
}

static void test_what_is_no_traceparent_is_none(void **state)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct trace_context context = {.is_valid = true};

        assert_false(trace_context_parse(str_of(wrong[i]), &context));
        assert_false(context.is_valid);
    }
}

static void test_none_is_written_as_nothing(void **state)
{
    struct trace_context none = {.is_valid = false};
    char text[TRACEPARENT_SIZE] = "x";

    trace_context_format(&none, text);
    assert_string_equal(text, "");
}

static void test_a_swap_returns_the_context_before(void **state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR(EXAMPLE), &context));
    struct trace_context before = trace_context_swap(context);
    assert_false(before.is_valid);
    assert_memory_equal(trace_context_current()->trace_id, context.trace_id, TRACE_ID_BYTES);
    struct trace_context again = trace_context_swap(before);
    assert_true(again.is_valid);
    assert_false(trace_context_current()->is_valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_standard_is_read_and_written),
        cmocka_unit_test(test_the_sampled_flag_is_one_bit),
        cmocka_unit_test(test_a_later_version_is_read_as_far_as_it_is_known),
        cmocka_unit_test(test_what_is_no_traceparent_is_none),
        cmocka_unit_test(test_none_is_written_as_nothing),
        cmocka_unit_test(test_a_swap_returns_the_context_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
