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

static struct trace_context with_state(const char *state)
{
    struct trace_context context;

    assert_true(trace_context_parse(STR(EXAMPLE), &context));
    trace_context_add_state(&context, str_of(state));
    return context;
}

/* The examples of §3.3.1.4 and §3.3.1.3.2. */
static void test_the_state_of_others_is_kept(void **state)
{
    struct trace_context context =
        with_state("rojo=00f067aa0ba902b7 ,\tcongo=t61rcWkgMzE,, fw529a3039@dt=FfMlgJxsAU");

    assert_string_equal(context.state,
                        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,fw529a3039@dt=FfMlgJxsAU");
    trace_context_add_state(&context, STR("more=1"));
    assert_non_null(strstr(context.state, "sAU,more=1"));
}

static void test_a_state_that_is_malformed_is_left_out(void **state)
{
    static const char *const wrong[] = {
        "rojo",   "=1",     "rojo=", "Rojo=1", "a=1,b",      "a=1=2",
        "a=\x7f", "a=\x01", "a b=1", "_a=1",   "a=\xc3\xa9", "a=1;b\n=2",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_string_equal(with_state(wrong[i]).state, "");
}

static void test_a_state_without_a_trace_is_nothing(void **state)
{
    struct trace_context none = {.is_valid = false};

    trace_context_add_state(&none, STR("rojo=1"));
    assert_string_equal(none.state, "");
}

static void test_a_state_has_32_members_at_most(void **state)
{
    char list[256] = "a=1";

    for (int i = 1; i < TRACESTATE_MEMBERS_MAX; i++)
        strcat(list, ",a=1");
    assert_string_equal(with_state(list).state, list);
    strcat(list, ",a=1");
    assert_string_equal(with_state(list).state, "");
}

static void test_of_a_long_state_large_members_go_first_then_the_last(void **state)
{
    char list[1024] = "first=1,large=";

    memset(list + strlen(list), 'x', 130);
    for (int i = 0; i < 5; i++) {
        strcat(list, ",part=");
        memset(list + strlen(list), (char)('a' + i), 100);
    }
    struct trace_context context = with_state(list);
    assert_int_equal(strncmp(context.state, "first=1,part=a", 14), 0);
    assert_non_null(strchr(context.state, 'd'));
    assert_null(strstr(context.state, "large"));
    assert_null(strstr(context.state, "part=e"));
    assert_true(strlen(context.state) < TRACESTATE_SIZE);
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
        cmocka_unit_test(test_the_state_of_others_is_kept),
        cmocka_unit_test(test_a_state_that_is_malformed_is_left_out),
        cmocka_unit_test(test_a_state_without_a_trace_is_nothing),
        cmocka_unit_test(test_a_state_has_32_members_at_most),
        cmocka_unit_test(test_of_a_long_state_large_members_go_first_then_the_last),
        cmocka_unit_test(test_what_is_no_traceparent_is_none),
        cmocka_unit_test(test_none_is_written_as_nothing),
        cmocka_unit_test(test_a_swap_returns_the_context_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
