/* Server reflection, v1 and v1alpha, and the descriptors behind it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"
#include "lib/rpc/reflection.h"
#include "lib/rpc/tests/echo.h"

#define FILE_RESPONSE                                                                              \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE
#define ERROR_RESPONSE                                                                             \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE
#define SERVICES_RESPONSE                                                                          \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE
#define NUMBERS_RESPONSE                                                                           \
    GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE
#define ASKS(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what

typedef Grpc__Reflection__V1__ServerReflectionRequest reflection_request;
typedef Grpc__Reflection__V1__ServerReflectionResponse reflection_response;
#define REFLECTION_REQUEST GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT

static const struct rpc_method info_method = {&grpc__reflection__v1__server_reflection__descriptor,
                                              "ServerReflectionInfo", RPC_BIDI_STREAM};

static reflection_response *ask(struct rpc_stream *stream, const reflection_request *request)
{
    reflection_response *response;
    struct status st;

    assert_int_equal(rpc_stream_write(stream, request, &st), STATUS_OK);
    echo_read(stream, &response);
    return response;
}

static reflection_response *ask_symbol(struct rpc_stream *stream, const char *symbol)
{
    reflection_request request = REFLECTION_REQUEST;

    request.message_request_case = ASKS(FILE_CONTAINING_SYMBOL);
    request.file_containing_symbol = (char *)symbol;
    return ask(stream, &request);
}

/* Whether a file of that name is among those of the response. */
static bool has_file(const reflection_response *response, const char *name)
{
    bool is_found = false;

    assert_int_equal(response->message_response_case, FILE_RESPONSE);
    for (size_t i = 0; i < response->file_descriptor_response->n_file_descriptor_proto; i++) {
        ProtobufCBinaryData bytes = response->file_descriptor_response->file_descriptor_proto[i];
        Google__Protobuf__FileDescriptorProto *file =
            google__protobuf__file_descriptor_proto__unpack(NULL, bytes.len, bytes.data);

        assert_non_null(file);
        is_found = is_found || strcmp(file->name, name) == 0;
        google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
    }
    return is_found;
}

static void assert_error(const reflection_response *response, status_code code)
{
    assert_int_equal(response->message_response_case, ERROR_RESPONSE);
    assert_int_equal(response->error_response->error_code, code);
}

static void test_all_services_are_listed(void **state)
{
    static const char *const expected[] = {
        "ocrmesh.test.v1.EchoService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &info_method, 0);
    reflection_request request = REFLECTION_REQUEST;

    request.host = "here";
    request.message_request_case = ASKS(LIST_SERVICES);
    request.list_services = "*";
    reflection_response *response = ask(stream, &request);
    assert_string_equal(response->valid_host, "here");
    assert_non_null(response->original_request);
    assert_int_equal(response->message_response_case, SERVICES_RESPONSE);
    assert_int_equal(response->list_services_response->n_service, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_string_equal(response->list_services_response->service[i]->name, expected[i]);
}

static void test_a_file_is_found_by_each_of_its_symbols(void **state)
{
    static const char *const symbols[] = {
        "ocrmesh.test.v1.EchoService",
        "ocrmesh.test.v1.EchoService.Talk",
        "ocrmesh.test.v1.EchoRequest",
        "ocrmesh.test.v1.EchoRequest.padding_bytes",
    };
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);

    for (size_t i = 0; i < ARRAY_LENGTH(symbols); i++) {
        _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &info_method, 0);
        assert_true(has_file(ask_symbol(stream, symbols[i]), "lib/rpc/tests/echo.proto"));
    }
}

static void test_imports_come_with_a_file_once_a_stream(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &info_method, 0);

    const reflection_response *first = ask_symbol(stream, "google.rpc.Status");
    assert_true(has_file(first, "google/rpc/status.proto"));
    assert_true(has_file(first, "google/protobuf/any.proto"));
    const reflection_response *second = ask_symbol(stream, "google.rpc.Status");
    assert_true(has_file(second, "google/rpc/status.proto"));
    assert_false(has_file(second, "google/protobuf/any.proto"));
}

static void test_a_file_is_found_by_its_name_and_its_extensions(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &info_method, 0);
    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    reflection_request request = REFLECTION_REQUEST;

    request.message_request_case = ASKS(FILE_BY_FILENAME);
    request.file_by_filename = "google/api/annotations.proto";
    assert_true(has_file(ask(stream, &request), "google/api/annotations.proto"));

    /* google.api.http, number 72295728, extends the options of methods. */
    extension.containing_type = "google.protobuf.MethodOptions";
    extension.extension_number = 72295728;
    request.message_request_case = ASKS(FILE_CONTAINING_EXTENSION);
    request.file_containing_extension = &extension;
    assert_true(has_file(ask(stream, &request), "google/api/annotations.proto"));

    request.message_request_case = ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE);
    request.all_extension_numbers_of_type = "google.protobuf.MethodOptions";
    const reflection_response *response = ask(stream, &request);
    assert_int_equal(response->message_response_case, NUMBERS_RESPONSE);
    assert_int_equal(response->all_extension_numbers_response->n_extension_number, 1);
    assert_int_equal(response->all_extension_numbers_response->extension_number[0], 72295728);
}

static void test_what_is_not_there_is_not_found_and_the_stream_goes_on(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &info_method, 0);
    Grpc__Reflection__V1__ExtensionRequest extension =
        GRPC__REFLECTION__V1__EXTENSION_REQUEST__INIT;
    reflection_request request = REFLECTION_REQUEST;
    struct status st;

    assert_error(ask_symbol(stream, "no.such.Symbol"), STATUS_NOT_FOUND);
    assert_error(ask_symbol(stream, ""), STATUS_NOT_FOUND);
    assert_error(ask(stream, &request), STATUS_INVALID_ARGUMENT); /* asks nothing */
    request.message_request_case = ASKS(FILE_BY_FILENAME);
    request.file_by_filename = "no/such.proto";
    assert_error(ask(stream, &request), STATUS_NOT_FOUND);
    request.message_request_case = ASKS(FILE_CONTAINING_EXTENSION);
    request.file_containing_extension = &extension;
    assert_error(ask(stream, &request), STATUS_NOT_FOUND);
    request.message_request_case = ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE);
    request.all_extension_numbers_of_type = "no.such.Message";
    assert_error(ask(stream, &request), STATUS_NOT_FOUND);
    assert_int_equal(rpc_stream_close_write(stream, &st), STATUS_OK);
    assert_int_equal(rpc_stream_finish(stream, &st), STATUS_OK);
}

static void test_v1alpha_answers_too(void **state)
{
    static const struct rpc_method alpha_method = {
        &grpc__reflection__v1alpha__server_reflection__descriptor, "ServerReflectionInfo",
        RPC_BIDI_STREAM};
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = echo_open(echo, &alpha_method, 0);
    Grpc__Reflection__V1alpha__ServerReflectionRequest request =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__INIT;
    Grpc__Reflection__V1alpha__ServerReflectionResponse *response;
    struct status st;

    request.message_request_case =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES;
    request.list_services = "";
    assert_int_equal(rpc_stream_write(stream, &request, &st), STATUS_OK);
    echo_read(stream, &response);
    assert_int_equal(response->list_services_response->n_service, 4);
}

static void test_streams_beyond_the_limit_are_refused(void **state)
{
    _cleanup_(echo_freep) struct echo *echo = echo_new(NULL);
    struct rpc_stream *streams[RPC_REFLECTION_STREAMS_MAX];
    echo_request request = ECHO_REQUEST;
    echo_response *response;
    struct status st;

    for (int i = 0; i < RPC_REFLECTION_STREAMS_MAX; i++) {
        streams[i] = echo_open(echo, &info_method, 0);
        (void)ask_symbol(streams[i], "ocrmesh.test.v1.EchoService");
    }
    _cleanup_(rpc_stream_freep) struct rpc_stream *one_more = echo_open(echo, &info_method, 0);
    assert_int_equal(rpc_stream_finish(one_more, &st), STATUS_RESOURCE_EXHAUSTED);
    assert_int_equal(echo_call(echo, &request, &response, &st), STATUS_OK);
    /* They are idle, and hold up no drain. */
    rpc_server_drain(echo->server, 20000);
    for (int i = 0; i < RPC_REFLECTION_STREAMS_MAX; i++)
        rpc_stream_free(streams[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_services_are_listed),
        cmocka_unit_test(test_a_file_is_found_by_each_of_its_symbols),
        cmocka_unit_test(test_imports_come_with_a_file_once_a_stream),
        cmocka_unit_test(test_a_file_is_found_by_its_name_and_its_extensions),
        cmocka_unit_test(test_what_is_not_there_is_not_found_and_the_stream_goes_on),
        cmocka_unit_test(test_v1alpha_answers_too),
        cmocka_unit_test(test_streams_beyond_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
