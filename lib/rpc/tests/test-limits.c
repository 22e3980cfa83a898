/* What is too large, too much or no message at all, and that the next call works. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/rpc/tests/echo.h"

enum { SMALL_BYTES = 1000 };

static void assert_next_call_works(struct echo *echo)
{
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.text = "next";
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
    assert_string_equal(response->text, "next");
}

static void test_a_request_over_the_limit_is_not_sent(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding.len = RPC_MESSAGE_MAX_BYTES;
    request.padding.data = arena_calloc(echo->arena, 1, request.padding.len);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
    assert_non_null(strstr(st.message, "1048576"));
    assert_int_equal(echo_count(echo, &echo->ended), 0);
    assert_next_call_works(echo);
}

static void test_a_request_of_exactly_the_limit_is_taken(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding.len = RPC_MESSAGE_MAX_BYTES - 100;
    request.padding.data = arena_calloc(echo->arena, 1, RPC_MESSAGE_MAX_BYTES);
    request.padding.len +=
        RPC_MESSAGE_MAX_BYTES - protobuf_c_message_get_packed_size(&request.base);
    assert_int_equal(protobuf_c_message_get_packed_size(&request.base), RPC_MESSAGE_MAX_BYTES);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
}

static void test_a_server_refuses_a_request_over_its_limit(void **state)
{
    /* Twice the limit, from which on core itself cuts a message off, and between the two. */
    const size_t sizes[] = {SMALL_BYTES + 1, 2 * SMALL_BYTES + 1, 100 * SMALL_BYTES};
    const struct rpc_server_options options = {.message_max_bytes = SMALL_BYTES};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        echo_request request = ECHO_REQUEST;
        echo_response *response;
        struct status st;

        request.padding.len = sizes[i];
        request.padding.data = arena_calloc(echo->arena, 1, sizes[i]);
        assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_RESOURCE_EXHAUSTED);
        assert_next_call_works(echo);
    }
}

static void test_a_message_over_the_limit_ends_a_stream(void **state)
{
    const struct rpc_server_options options = {.message_max_bytes = SMALL_BYTES};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &ECHO_COLLECT, 0);
    echo_request request = ECHO_REQUEST;
    struct status st;

    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    request.padding.len = SMALL_BYTES + 1;
    request.padding.data = arena_calloc(echo->arena, 1, request.padding.len);
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
    assert_next_call_works(echo);
}

static void test_a_response_over_the_servers_limit_is_an_error(void **state)
{
    const struct rpc_server_options options = {.message_max_bytes = SMALL_BYTES};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding_bytes = SMALL_BYTES;
    request.count = 1;
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
    stream = echo_ask(echo, &ECHO_REPEAT, &request, 0);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_next_call_works(echo);
}

static void test_a_response_over_the_clients_limit_is_an_error(void **state)
{
    const struct rpc_server_options options = {.message_max_bytes = 8 * RPC_MESSAGE_MAX_BYTES};
    const int32_t sizes[] = {RPC_MESSAGE_MAX_BYTES, 3 * RPC_MESSAGE_MAX_BYTES};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        request.padding_bytes = sizes[i];
        assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_RESOURCE_EXHAUSTED);
        assert_next_call_works(echo);
    }
}

static void test_a_compressed_message_counts_with_its_full_size(void **state)
{
    const struct rpc_server_options options = {.message_max_bytes = 4 * RPC_MESSAGE_MAX_BYTES};
    const struct rpc_server_options small = {.message_max_bytes = SMALL_BYTES};
    const struct rpc_metadata_entry entry = {"x-compress", STR("1")};
    struct rpc_call_options call_options = {.metadata = {&entry, 1}, .compress = true};
    _cleanup_(echo_freep) struct echo *generous = echo_new(&options);
    _cleanup_(echo_freep) struct echo *strict = echo_new(&small);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding_bytes = RPC_MESSAGE_MAX_BYTES - 100;
    assert_int_equal(rpc_unary(generous->channel, &ECHO_UNARY, &call_options, &request,
                               generous->arena, &response, &st),
                     STATUS_OK);
    assert_int_equal(response->padding.len, RPC_MESSAGE_MAX_BYTES - 100);
    request.padding_bytes = 3 * RPC_MESSAGE_MAX_BYTES;
    assert_int_equal(rpc_unary(generous->channel, &ECHO_UNARY, &call_options, &request,
                               generous->arena, &response, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");

    request.padding_bytes = 0;
    request.padding.len = 100 * SMALL_BYTES;
    request.padding.data = arena_calloc(strict->arena, 1, request.padding.len);
    assert_int_equal(rpc_unary(strict->channel, &ECHO_UNARY, &call_options, &request, strict->arena,
                               &response, &st),
                     STATUS_RESOURCE_EXHAUSTED);
    assert_string_equal(st.reason, "MESSAGE_TOO_LARGE");
}

static void test_a_message_that_decodes_to_too_much_is_refused(void **state)
{
    const struct rpc_server_options options = {.arena_max_bytes = 65536};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding.len = 100000;
    request.padding.data = arena_calloc(echo->arena, 1, request.padding.len);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_next_call_works(echo);
}

/* The bytes reach the server by another descriptor of the request, with a field whose wire type
 * is not the one that the server knows. */
static void test_bytes_that_are_no_message_are_refused(void **state)
{
    static const ProtobufCFieldDescriptor field = {
        .name = "text",
        .id = 1,
        .label = PROTOBUF_C_LABEL_NONE,
        .type = PROTOBUF_C_TYPE_FIXED64, /* the server's field 1 is a string */
        .offset = sizeof(ProtobufCMessage),
    };
    static const unsigned indices[] = {0};
    static const ProtobufCIntRange ranges[] = {{1, 0}, {0, 1}};
    static const ProtobufCMessageDescriptor garbage = {
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = "Garbage",
        .sizeof_message = sizeof(ProtobufCMessage) + sizeof(uint64_t),
        .n_fields = 1,
        .fields = &field,
        .fields_sorted_by_name = indices,
        .n_field_ranges = 1,
        .field_ranges = ranges,
    };
    struct {
        ProtobufCMessage base;
        uint64_t number;
    } request = {{&garbage, 0, NULL}, 7};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    echo_response *response;
    struct status st;

    assert_int_equal(
        rpc_unary(echo->channel, &ECHO_UNARY, NULL, &request, echo->arena, &response, &st),
        STATUS_INVALID_ARGUMENT);
    assert_string_equal(st.reason, "MESSAGE_MALFORMED");
    stream = echo_ask(echo, &ECHO_TALK, &request, 0);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_INVALID_ARGUMENT);
    assert_next_call_works(echo);
}

static void test_a_unary_call_without_a_request_is_refused(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &ECHO_UNARY, 0);
    struct status st;

    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_UNIMPLEMENTED);
    assert_next_call_works(echo);
}

static void test_a_stream_longer_than_memory_is_read(void **state)
{
    const struct rpc_server_options options = {.arena_max_bytes = 1 << 20};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &ECHO_TALK, 0);
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    request.padding.len = 100000;
    request.padding.data = arena_calloc(echo->arena, 1, request.padding.len);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
        echo_read(stream, &response);
    }
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
}

static void test_a_full_server_keeps_some_calls_waiting_and_refuses_the_rest(void **state)
{
    enum { THREADS = 2, QUEUE = 1, CALLS = 5 };
    const struct rpc_server_options options = {.threads_max = THREADS, .queue_max = QUEUE};
    _cleanup_(echo_freep) struct echo *echo = echo_new(&options);
    struct rpc_stream *streams[CALLS];
    echo_request request = ECHO_REQUEST;
    int answered = 0, refused = 0;
    struct status st;

    request.waits = true;
    for (int i = 0; i < THREADS; i++)
        streams[i] = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->waiting, THREADS);
    for (int i = THREADS; i < CALLS; i++)
        streams[i] = echo_ask(echo, &ECHO_UNARY, &request, 0);
    echo_wait(echo, &echo->ended, CALLS - THREADS - QUEUE);
    assert_int_equal(echo_count(echo, &echo->waiting), THREADS);
    echo_release(echo);
    for (int i = 0; i < CALLS; i++) {
        status_code code = rpc_stream_finish(streams[i], &st);
        if (code == STATUS_OK) {
            answered++;
        } else {
            refused++;
            assert_int_equal(code, STATUS_RESOURCE_EXHAUSTED);
            assert_string_equal(st.reason, "OVERLOADED");
            assert_true(st.retry_after_ms > 0);
        }
        rpc_stream_free(streams[i]);
    }
    assert_int_equal(answered, THREADS + QUEUE);
    assert_int_equal(refused, CALLS - THREADS - QUEUE);
    assert_next_call_works(echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_over_the_limit_is_not_sent),
        cmocka_unit_test(test_a_request_of_exactly_the_limit_is_taken),
        cmocka_unit_test(test_a_server_refuses_a_request_over_its_limit),
        cmocka_unit_test(test_a_message_over_the_limit_ends_a_stream),
        cmocka_unit_test(test_a_response_over_the_servers_limit_is_an_error),
        cmocka_unit_test(test_a_response_over_the_clients_limit_is_an_error),
        cmocka_unit_test(test_a_compressed_message_counts_with_its_full_size),
        cmocka_unit_test(test_a_message_that_decodes_to_too_much_is_refused),
        cmocka_unit_test(test_bytes_that_are_no_message_are_refused),
        cmocka_unit_test(test_a_unary_call_without_a_request_is_refused),
        cmocka_unit_test(test_a_stream_longer_than_memory_is_read),
        cmocka_unit_test(test_a_full_server_keeps_some_calls_waiting_and_refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
