#include "lib/trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/http/tests/scripted_server.h"

/* The example of W3C Trace Context, and the same with the other half of trace ids. */
#define TRACE       "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define UNRECORDED  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
#define LOWER_TRACE "00-4bf92f3577b34da623ce929d0e0e4736-00f067aa0ba902b7-01"

#define TAKEN    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define BUSY     "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define REFUSED  "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
#define NOTHING  ""
#define ANYWHERE "http://127.0.0.1:9/v1/traces"

static struct trace_options options_for(const char *url)
{
    return (struct trace_options){
        .service = "tester",
        .url = url,
        .headers = "",
        .ca_file = "",
        .resource_attributes = "",
        .sampling = TRACE_SAMPLE_ALL,
        .ratio = 1.0,
        .is_parent_based = true,
        .timeout_ms = 60000,
        .delay_ms = 60000, /* nothing is sent but full batches, and what is left at the end */
        .queue_max = 64,
        .batch_max = 64,
    };
}

static void start(const struct trace_options *options)
{
    struct status st = {0};

    assert_int_equal(trace_start(options, &st), STATUS_OK);
}

static struct trace_context context_of(const char *traceparent)
{
    struct trace_context context;

    (void)trace_context_parse(str_of(traceparent), &context);
    return context;
}

static void end_some(int count)
{
    const struct trace_context none = {.is_valid = false};

    for (int i = 0; i < count; i++) {
        struct trace_context unused;

        trace_span_end(trace_span_begin(TRACE_INTERNAL, "some", &none, &unused));
    }
}

static void test_without_a_receiver_nothing_is_recorded(void **state)
{
    struct trace_options options = options_for("");
    const struct trace_context parent = context_of(TRACE);
    struct trace_context context;

    start(&options);
    assert_false(trace_is_on());
    struct trace_span *span = trace_span_begin(TRACE_SERVER, "some", &parent, &context);
    assert_null(span);
    assert_memory_equal(context.span_id, parent.span_id, SPAN_ID_BYTES);
    trace_span_text(span, "key", STR("value"));
    trace_span_fail(span, "some");
    trace_span_end(span);
    trace_stop();
}

static void test_a_span_below_another_is_of_its_trace(void **state)
{
    struct trace_options options = options_for(ANYWHERE);
    const struct trace_context parent = context_of(TRACE);
    struct trace_context context;

    start(&options);
    struct trace_span *span = trace_span_begin(TRACE_SERVER, "some", &parent, &context);
    assert_non_null(span);
    assert_memory_equal(context.trace_id, parent.trace_id, TRACE_ID_BYTES);
    assert_memory_not_equal(context.span_id, parent.span_id, SPAN_ID_BYTES);
    assert_true(context.is_valid && context.is_sampled);
    trace_span_drop(span);
    trace_stop();
}

static void test_what_its_sender_does_not_record_is_not_recorded(void **state)
{
    struct trace_options options = options_for(ANYWHERE);
    const struct trace_context parent = context_of(UNRECORDED);
    struct trace_context context;

    start(&options);
    assert_null(trace_span_begin(TRACE_SERVER, "some", &parent, &context));
    assert_true(context.is_valid && !context.is_sampled);
    options.is_parent_based = false;
    trace_stop();
    start(&options);
    struct trace_span *span = trace_span_begin(TRACE_SERVER, "some", &parent, &context);
    assert_non_null(span);
    trace_span_drop(span);
    trace_stop();
}

static void test_work_that_nobody_asked_for_begins_no_trace(void **state)
{
    struct trace_options options = options_for(ANYWHERE);
    const struct trace_context none = {.is_valid = false};
    struct trace_context context;

    start(&options);
    assert_null(trace_span_begin_below(TRACE_CLIENT, "some", &none, &context));
    assert_false(context.is_valid);
    trace_stop();
}

/* As OpenTelemetry's other SDKs decide: half of the trace ids are those whose lower half begins
 * with a zero bit. */
static void test_a_ratio_goes_by_the_trace_id(void **state)
{
    struct trace_options options = options_for(ANYWHERE);
    const struct trace_context upper = context_of(TRACE), lower = context_of(LOWER_TRACE);
    struct trace_context context;

    options.sampling = TRACE_SAMPLE_RATIO;
    options.ratio = 0.5;
    options.is_parent_based = false;
    start(&options);
    assert_null(trace_span_begin(TRACE_SERVER, "some", &upper, &context));
    assert_false(context.is_sampled);
    struct trace_span *span = trace_span_begin(TRACE_SERVER, "some", &lower, &context);
    assert_non_null(span);
    trace_span_drop(span);
    trace_stop();
}

static void test_spans_are_sent_when_the_process_ends(void **state)
{
    const struct scripted_answer answers[] = {{TAKEN, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, ARRAY_LENGTH(answers));
    struct trace_options options = options_for(scripted_server_url(server));

    options.headers = "api-key=of%20test";
    start(&options);
    end_some(3);
    trace_stop();
    assert_int_equal(trace_counts().exported, 3);
    assert_int_equal(scripted_server_count(server), 1);
    const char *request = scripted_server_request(server, 0);
    assert_non_null(strstr(request, "Content-Type: application/x-protobuf\r\n"));
    assert_non_null(strstr(request, "api-key: of test\r\n"));
}

static void test_a_receiver_that_is_busy_is_asked_again(void **state)
{
    const struct scripted_answer answers[] = {{BUSY, false}, {TAKEN, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, ARRAY_LENGTH(answers));
    struct trace_options options = options_for(scripted_server_url(server));

    options.batch_max = 2;
    start(&options);
    end_some(2);
    for (int64_t end = time_mono_after_ms(60000);
         trace_counts().exported == 0 && time_mono() < end;)
        usleep(1000);
    assert_int_equal(trace_counts().exported, 2);
    assert_int_equal(scripted_server_count(server), 2);
    trace_stop();
}

static void test_what_the_receiver_refuses_is_dropped_and_counted(void **state)
{
    const struct scripted_answer answers[] = {{REFUSED, false}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, ARRAY_LENGTH(answers));
    struct trace_options options = options_for(scripted_server_url(server));

    start(&options);
    end_some(3);
    trace_stop();
    assert_int_equal(trace_counts().dropped_lost, 3);
    assert_int_equal(trace_counts().exported, 0);
    assert_int_equal(scripted_server_count(server), 1);
}

static void test_nobody_waits_for_a_receiver_that_does_not_answer(void **state)
{
    const struct scripted_answer answers[] = {{NOTHING, true}};
    _cleanup_(scripted_server_stopp) struct scripted_server *server =
        scripted_server_start(answers, ARRAY_LENGTH(answers));
    struct trace_options options = options_for(scripted_server_url(server));

    options.timeout_ms = 60000;
    options.queue_max = options.batch_max = 2;
    start(&options);
    end_some(2);
    scripted_server_wait(server, 1);
    assert_int_equal(scripted_server_count(server), 1); /* the queue is empty, the exporter waits */
    end_some(5);
    assert_int_equal(trace_counts().dropped_full, 3);
    int64_t begun = time_mono();
    trace_stop();
    assert_true(time_mono() - begun < 30 * NANOSECONDS_PER_SECOND); /* not timeout_ms */
    assert_int_equal(trace_counts().dropped_lost, 4);
}

static void test_a_wrong_setting_is_named(void **state)
{
    struct trace_options options = options_for("ftp://127.0.0.1/");
    struct status st = {0};

    assert_int_equal(trace_start(&options, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "OTEL_EXPORTER_OTLP_ENDPOINT"));
    options = options_for(ANYWHERE);
    options.headers = "secret";
    assert_int_equal(trace_start(&options, &st), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(st.message, "OTEL_EXPORTER_OTLP_HEADERS"));
    assert_false(trace_is_on());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_receiver_nothing_is_recorded),
        cmocka_unit_test(test_a_span_below_another_is_of_its_trace),
        cmocka_unit_test(test_what_its_sender_does_not_record_is_not_recorded),
        cmocka_unit_test(test_work_that_nobody_asked_for_begins_no_trace),
        cmocka_unit_test(test_a_ratio_goes_by_the_trace_id),
        cmocka_unit_test(test_spans_are_sent_when_the_process_ends),
        cmocka_unit_test(test_a_receiver_that_is_busy_is_asked_again),
        cmocka_unit_test(test_what_the_receiver_refuses_is_dropped_and_counted),
        cmocka_unit_test(test_nobody_waits_for_a_receiver_that_does_not_answer),
        cmocka_unit_test(test_a_wrong_setting_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
