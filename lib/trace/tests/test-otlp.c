#include "lib/trace/otlp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 1 << 20 };

static status_code parse(const char *text, struct arena *arena, struct otlp_pairs *ret_pairs)
{
    struct status st = {0};

    return otlp_parse_pairs(text, "OTEL_TEST", arena, ret_pairs, &st);
}

static void test_pairs_are_split_trimmed_and_decoded(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    struct otlp_pairs pairs;

    assert_int_equal(parse(" api-key = a%20b%3Dc , x=,", arena, &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 2);
    assert_string_equal(pairs.entries[0].name, "api-key");
    assert_string_equal(pairs.entries[0].value, "a b=c");
    assert_string_equal(pairs.entries[1].value, "");
    assert_int_equal(parse("", arena, &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 0);
}

static void test_what_is_no_list_of_pairs_is_refused_without_being_told(void **state)
{
    static const char *const wrong[] = {"secret", "=secret", "a=b,secret", "a=sec%0aret"};
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct otlp_pairs pairs;
        struct status st = {0};

        assert_int_equal(otlp_parse_pairs(wrong[i], "OTEL_TEST", arena, &pairs, &st),
                         STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(st.message, "OTEL_TEST"));
        assert_null(strstr(st.message, "sec"));
    }
}

/* The bytes of a value in the wire format: tag, length, text. */
static bool holds(struct str body, const char *text)
{
    return memmem(body.p, body.n, text, strlen(text)) != NULL;
}

static void test_a_batch_holds_its_spans_and_the_process(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_BYTES);
    static struct trace_span one, two;
    struct trace_span *batch[] = {&one, &two};
    struct otlp_pairs resource = {.count = 1, .entries = {{"service.name", "tester"}}};
    struct str body;

    strcpy(one.name, "first span");
    one.attribute_count = 1;
    one.attributes[0] = (struct trace_attribute){.key = "color", .is_text = true, .text = "green"};
    strcpy(two.name, "second span");
    assert_true(otlp_encode(batch, ARRAY_LENGTH(batch), &resource, arena, &body));
    assert_true(holds(body, "\x0a\x0c"
                            "service.name"));
    assert_true(holds(body, "\x0a\x06"
                            "tester"));
    assert_true(holds(body, "\x2a\x0a"
                            "first span")); /* Span.name is field 5 */
    assert_true(holds(body, "\x2a\x0b"
                            "second span"));
    assert_true(holds(body, "\x0a\x05green"));
}

static void test_the_largest_span_fits_into_its_share_of_the_arena(void **state)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(65536 + OTLP_BATCH_BYTES_PER_SPAN);
    static struct trace_span span;
    struct trace_span *batch[] = {&span};
    struct otlp_pairs resource = {.count = 0};
    struct str body;

    memset(span.name, 'n', TRACE_NAME_MAX);
    memset(span.text, 't', sizeof(span.text) - 1);
    span.attribute_count = TRACE_ATTRIBUTES_MAX;
    for (size_t i = 0; i < TRACE_ATTRIBUTES_MAX; i++)
        span.attributes[i] = (struct trace_attribute){
            .key = "a.key.of.usual.length", .is_text = true, .text = span.text};
    span.has_failed = true;
    assert_true(otlp_encode(batch, 1, &resource, arena, &body));
    assert_true(arena_size(arena) <= 65536 + OTLP_BATCH_BYTES_PER_SPAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_split_trimmed_and_decoded),
        cmocka_unit_test(test_what_is_no_list_of_pairs_is_refused_without_being_told),
        cmocka_unit_test(test_a_batch_holds_its_spans_and_the_process),
        cmocka_unit_test(test_the_largest_span_fits_into_its_share_of_the_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
