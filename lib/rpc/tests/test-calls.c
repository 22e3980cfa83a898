/* The four kinds of calls, from the blocking client to the server and back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"

static void test_a_unary_call_is_answered(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.text = "page";
    request.padding_bytes = 300000;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
        assert_string_equal(response->text, "page");
        assert_int_equal(response->padding.len, 300000);
    }
    echo_wait(echo, &echo->ended, 20);
    assert_int_equal(echo->last_code, STATUS_OK);
    assert_ptr_equal(strstr(echo->last_peer, "ipv4:127.0.0.1:"), echo->last_peer);
}

static void test_a_failure_arrives_with_its_details(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.text = "caf\xc3\xa9\n";
    for (int code = 1; code <= STATUS_UNAUTHENTICATED; code++) {
        if (code == STATUS_UNAVAILABLE)
            continue; /* is retried */
        request.code = code;
        assert_int_equal(echo_call(echo, &request, &response, &st), code);
        assert_int_equal(st.code, code);
        assert_string_equal(st.message, "told to fail: caf\xc3\xa9\n");
        assert_string_equal(st.reason, "AS_TOLD");
        assert_string_equal(st.field, "code");
        assert_string_equal(status_get_info(&st, "cap"), "20");
        assert_int_equal(st.retry_after_ms, 1500);
    }
}

static void test_unavailable_is_tried_four_times(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.code = STATUS_UNAVAILABLE;
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_UNAVAILABLE);
    echo_wait(echo, &echo->ended, 4);
    assert_int_equal(echo_count(echo, &echo->ended), 4);
}

static void test_a_client_stream_is_collected(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response, *none;
    struct status st;

    assert_int_equal(rpc_stream_open(echo->channel, &ECHO_COLLECT, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    for (int i = 0; i < 100; i++) {
        request.text = i == 0 ? "first" : "+";
        assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    }
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_read(stream, &response, &st), STATUS_OK);
    assert_int_equal(response->count, 100);
    assert_int_equal(strlen(response->text), 5 + 99);
    assert_int_equal(rpc_stream_read(stream, &none, &st), STATUS_OK);
    assert_null(none);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
}

static void test_a_server_stream_is_read_to_its_end(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;
    int count = 0;

    request.count = 50;
    request.padding_bytes = 100000;
    request.code = STATUS_ABORTED;
    assert_int_equal(rpc_stream_open(echo->channel, &ECHO_REPEAT, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    for (;;) {
        assert_int_equal(rpc_stream_read(stream, &response, &st), STATUS_OK);
        if (response == NULL)
            break;
        assert_int_equal(response->count, ++count);
    }
    assert_int_equal(count, 50);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_ABORTED);
    assert_string_equal(st.reason, "AS_TOLD");
}

static void test_a_stream_that_is_not_read_can_be_finished(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    struct status st;

    request.count = 20;
    request.padding_bytes = 50000;
    assert_int_equal(rpc_stream_open(echo->channel, &ECHO_REPEAT, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
}

static void test_both_sides_talk_in_turn(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(rpc_stream_open(echo->channel, &ECHO_TALK, NULL, echo->arena, &stream, &st),
                     STATUS_OK);
    for (int i = 0; i < 100; i++) {
        char text[2] = {(char)('a' + i % 26), '\0'};
        request.text = text;
        assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
        assert_int_equal(rpc_stream_read(stream, &response, &st), STATUS_OK);
        assert_string_equal(response->text, text);
    }
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
}

static void test_metadata_goes_both_ways(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    const struct rpc_metadata_entry entries[] = {
        {"x-header", STR("plain text")},
        {"x-trailer-bin", STR("\x00\xff\x0a")},
        {"x-compress", STR("1")},
    };
    struct rpc_call_options options = {.metadata = {entries, ARRAY_LENGTH(entries)},
                                       .compress = true};
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;
    struct str value;

    request.text = "same same same same same same same same same same same same same same";
    assert_int_equal(
        rpc_stream_open(echo->channel, &ECHO_TALK, &options, echo->arena, &stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_read(stream, &response, &st), STATUS_OK);
    assert_string_equal(response->text, request.text);
    assert_true(rpc_metadata_get(rpc_stream_headers(stream), "x-header", &value));
    assert_true(str_equal(value, STR("plain text")));
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
    assert_true(rpc_metadata_get(rpc_stream_trailers(stream), "x-trailer-bin", &value));
    assert_true(str_equal(value, STR("\x00\xff\x0a")));
    assert_false(rpc_metadata_get(rpc_stream_trailers(stream), "x-none", &value));
}

static void test_metadata_that_cannot_be_sent_is_refused(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    const struct rpc_metadata_entry wrong[] = {
        {"X-Upper", STR("a")}, {"x-text", STR("line\nfeed")}, {"", STR("a")}};
    struct rpc_metadata_entry many[RPC_METADATA_MAX + 1];
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        struct rpc_call_options options = {.metadata = {&wrong[i], 1}};
        assert_int_equal(
            rpc_unary(echo->channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
            STATUS_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(many); i++)
        many[i] = (struct rpc_metadata_entry){"x-a", STR("b")};
    struct rpc_call_options options = {.metadata = {many, ARRAY_LENGTH(many)}};
    assert_int_equal(
        rpc_unary(echo->channel, &ECHO_UNARY, &options, &request, echo->arena, &response, &st),
        STATUS_RESOURCE_EXHAUSTED);
}

static void test_what_is_not_served_is_unimplemented(void **state)
{
    static const ProtobufCMethodDescriptor methods[] = {
        {"Nothing", &ocrmesh__test__v1__echo_request__descriptor,
         &ocrmesh__test__v1__echo_response__descriptor}};
    static const unsigned by_name[] = {0};
    static const ProtobufCServiceDescriptor nobody = {PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
                                                      "nobody.Service",
                                                      "Service",
                                                      "nobody",
                                                      "nobody",
                                                      1,
                                                      methods,
                                                      by_name};
    static const struct rpc_method unknown = {&nobody, "Nothing", RPC_UNARY};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(
        rpc_unary(echo->channel, &ECHO_MISSING, NULL, &request, echo->arena, &response, &st),
        STATUS_UNIMPLEMENTED);
    assert_non_null(strstr(st.message, "/ocrmesh.test.v1.EchoService/Missing"));
    assert_int_equal(
        rpc_unary(echo->channel, &unknown, NULL, &request, echo->arena, &response, &st),
        STATUS_UNIMPLEMENTED);
}

static void test_nobody_listening_is_unavailable(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_channel_options options = {.target = "127.0.0.1:1"};
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    assert_int_equal(rpc_channel_new(&options, &channel, &st), STATUS_OK);
    assert_int_equal(rpc_unary(channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
                     STATUS_UNAVAILABLE);
    assert_int_equal(rpc_channel_wait_ready(channel, time_mono_after_ms(50), &st),
                     STATUS_UNAVAILABLE);
    assert_int_equal(rpc_channel_wait_ready(echo->channel, time_mono_after_ms(60000), &st),
                     STATUS_OK);
}

static void test_who_was_reached_once_may_be_gone_later(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_channel_freep) struct rpc_channel *late = NULL;
    struct status st;

    (void)state;
    assert_int_equal(rpc_channel_wait_first_ready(echo->channel, time_mono_after_ms(60000), &st),
                     STATUS_OK);
    rpc_server_drain(echo->server, 0);
    while (rpc_channel_wait_ready(echo->channel, time_mono_after_ms(10), &st) == STATUS_OK)
        ;
    assert_int_equal(rpc_channel_wait_first_ready(echo->channel, time_mono_after_ms(10), &st),
                     STATUS_OK);
    late = echo_channel(echo);
    assert_int_equal(rpc_channel_wait_first_ready(late, time_mono_after_ms(10), &st),
                     STATUS_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_unary_call_is_answered),
        cmocka_unit_test(test_a_failure_arrives_with_its_details),
        cmocka_unit_test(test_unavailable_is_tried_four_times),
        cmocka_unit_test(test_a_client_stream_is_collected),
        cmocka_unit_test(test_a_server_stream_is_read_to_its_end),
        cmocka_unit_test(test_a_stream_that_is_not_read_can_be_finished),
        cmocka_unit_test(test_both_sides_talk_in_turn),
        cmocka_unit_test(test_metadata_goes_both_ways),
        cmocka_unit_test(test_metadata_that_cannot_be_sent_is_refused),
        cmocka_unit_test(test_what_is_not_served_is_unimplemented),
        cmocka_unit_test(test_nobody_listening_is_unavailable),
        cmocka_unit_test(test_who_was_reached_once_may_be_gone_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
