#include "tests/conformance/interop/interop_cases.h"

#include <stdio.h>
#include <string.h>

#include "grpc/testing/test.pb-c.h"
#include "lib/base/clock.h"

#define SERVICE    (&grpc__testing__test_service__descriptor)
#define NO_SERVICE (&grpc__testing__unimplemented_service__descriptor)

typedef Grpc__Testing__SimpleRequest simple_request;
typedef Grpc__Testing__SimpleResponse simple_response;
typedef Grpc__Testing__StreamingInputCallRequest input_request;
typedef Grpc__Testing__StreamingInputCallResponse input_response;
typedef Grpc__Testing__StreamingOutputCallRequest output_request;
typedef Grpc__Testing__StreamingOutputCallResponse output_response;

enum {
    CASE_DEADLINE_MS = 20000,
    ARENA_MAX_BYTES = 64 << 20,
    LARGE_REQUEST_BYTES = 271828,
    LARGE_RESPONSE_BYTES = 314159,
};

static const struct rpc_method empty_method = {SERVICE, "EmptyCall", RPC_UNARY};
static const struct rpc_method unary_method = {SERVICE, "UnaryCall", RPC_UNARY};
static const struct rpc_method output_method = {SERVICE, "StreamingOutputCall", RPC_SERVER_STREAM};
static const struct rpc_method input_method = {SERVICE, "StreamingInputCall", RPC_CLIENT_STREAM};
static const struct rpc_method duplex_method = {SERVICE, "FullDuplexCall", RPC_BIDI_STREAM};
static const struct rpc_method no_method = {SERVICE, "UnimplementedCall", RPC_UNARY};
static const struct rpc_method no_service = {NO_SERVICE, "UnimplementedCall", RPC_UNARY};

static const int32_t request_sizes[] = {27182, 8, 1828, 45904};
static const int32_t response_sizes[] = {31415, 9, 2653, 58979};

/* What a case works with. */
struct context {
    struct rpc_channel *channel;
    struct rpc_call_options options;
    struct arena *arena;
};

/* Leaves the case when a condition does not hold. */
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

/* Leaves the case when a call did not end as it should. */
#define EXPECT_CODE(expression, expected)                                                          \
    do {                                                                                           \
        status_code code_ = (expression);                                                          \
        if (code_ != (expected)) {                                                                 \
            (void)fprintf(stderr, "%s:%d: %s, not %s: %s\n", __FILE__, __LINE__,                   \
                          status_code_name(code_), status_code_name(expected),                     \
                          code_ != STATUS_OK ? st.message : "");                                   \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static Grpc__Testing__Payload *payload_of(struct context *context, int32_t size)
{
    Grpc__Testing__Payload *payload = ARENA_NEW(context->arena, Grpc__Testing__Payload);

    grpc__testing__payload__init(payload);
    payload->body.len = (size_t)size;
    payload->body.data = arena_calloc(context->arena, 1, (size_t)size);
    return payload;
}

/* All bytes of a payload are zero. */
static bool is_payload(const Grpc__Testing__Payload *payload, int32_t size)
{
    EXPECT(payload != NULL);
    EXPECT(payload->type == GRPC__TESTING__PAYLOAD_TYPE__COMPRESSABLE);
    EXPECT(payload->body.len == (size_t)size);
    for (size_t i = 0; i < payload->body.len; i++)
        EXPECT(payload->body.data[i] == 0);
    return true;
}

static status_code unary(struct context *context, const struct rpc_method *method,
                         const void *request, void *ret_response, struct status *st)
{
    return rpc_unary(context->channel, method, &context->options, request, context->arena,
                     ret_response, st);
}

static status_code open_stream(struct context *context, const struct rpc_method *method,
                               struct rpc_stream **ret_stream, struct status *st)
{
    return rpc_stream_open(context->channel, method, &context->options, context->arena, ret_stream,
                           st);
}

/* A request of a full-duplex call for one response, and its response. */
static bool play(struct context *context, struct rpc_stream *stream, int32_t request_size,
                 int32_t response_size)
{
    Grpc__Testing__ResponseParameters parameters = GRPC__TESTING__RESPONSE_PARAMETERS__INIT;
    Grpc__Testing__ResponseParameters *list[] = {&parameters};
    output_request request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    output_response *response;
    struct status st;

    parameters.size = response_size;
    request.n_response_parameters = ARRAY_LENGTH(list);
    request.response_parameters = list;
    request.payload = payload_of(context, request_size);
    EXPECT_CODE(rpc_stream_write(stream, &request, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_read(stream, &response, &st), STATUS_OK);
    EXPECT(response != NULL);
    return is_payload(response->payload, response_size);
}

static bool ends_with(struct rpc_stream *stream, status_code expected)
{
    struct status st;
    void *message;

    EXPECT_CODE(rpc_stream_read(stream, &message, &st), STATUS_OK);
    EXPECT(message == NULL);
    EXPECT_CODE(rpc_stream_finish(stream, &st), expected);
    return true;
}

/* --- the cases --- */

static bool empty_unary(struct context *context)
{
    Grpc__Testing__Empty request = GRPC__TESTING__EMPTY__INIT;
    Grpc__Testing__Empty *response;
    struct status st;

    EXPECT_CODE(unary(context, &empty_method, &request, &response, &st), STATUS_OK);
    EXPECT(protobuf_c_message_get_packed_size(&response->base) == 0);
    return true;
}

static bool large_unary(struct context *context)
{
    simple_request request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    simple_response *response;
    struct status st;

    request.response_size = LARGE_RESPONSE_BYTES;
    request.payload = payload_of(context, LARGE_REQUEST_BYTES);
    EXPECT_CODE(unary(context, &unary_method, &request, &response, &st), STATUS_OK);
    return is_payload(response->payload, LARGE_RESPONSE_BYTES);
}

static bool client_streaming(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    input_request request = GRPC__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    input_response *response;
    int32_t total = 0;
    struct status st;

    EXPECT_CODE(open_stream(context, &input_method, &stream, &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(request_sizes); i++) {
        request.payload = payload_of(context, request_sizes[i]);
        EXPECT_CODE(rpc_stream_write(stream, &request, &st), STATUS_OK);
        total += request_sizes[i];
    }
    EXPECT_CODE(rpc_stream_close_write(stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_read(stream, &response, &st), STATUS_OK);
    EXPECT(response != NULL);
    EXPECT(response->aggregated_payload_size == total);
    return ends_with(stream, STATUS_OK);
}

static bool server_streaming(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    Grpc__Testing__ResponseParameters parameters[ARRAY_LENGTH(response_sizes)];
    Grpc__Testing__ResponseParameters *list[ARRAY_LENGTH(response_sizes)];
    output_request request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    struct status st;

    for (size_t i = 0; i < ARRAY_LENGTH(response_sizes); i++) {
        grpc__testing__response_parameters__init(&parameters[i]);
        parameters[i].size = response_sizes[i];
        list[i] = &parameters[i];
    }
    request.n_response_parameters = ARRAY_LENGTH(list);
    request.response_parameters = list;
    EXPECT_CODE(open_stream(context, &output_method, &stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_write(stream, &request, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_close_write(stream, &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(response_sizes); i++) {
        output_response *response;

        EXPECT_CODE(rpc_stream_read(stream, &response, &st), STATUS_OK);
        EXPECT(response != NULL);
        EXPECT(is_payload(response->payload, response_sizes[i]));
    }
    return ends_with(stream, STATUS_OK);
}

static bool ping_pong(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    struct status st;

    EXPECT_CODE(open_stream(context, &duplex_method, &stream, &st), STATUS_OK);
    for (size_t i = 0; i < ARRAY_LENGTH(request_sizes); i++)
        EXPECT(play(context, stream, request_sizes[i], response_sizes[i]));
    EXPECT_CODE(rpc_stream_close_write(stream, &st), STATUS_OK);
    return ends_with(stream, STATUS_OK);
}

static bool empty_stream(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    struct status st;

    EXPECT_CODE(open_stream(context, &duplex_method, &stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_close_write(stream, &st), STATUS_OK);
    return ends_with(stream, STATUS_OK);
}

static bool custom_metadata(struct context *context)
{
    static const char initial_key[] = "x-grpc-test-echo-initial";
    static const char trailing_key[] = "x-grpc-test-echo-trailing-bin";
    static const struct str initial = STR("test_initial_metadata_value");
    static const struct str trailing = STR("\xab\xab\xab");
    const struct rpc_metadata_entry entries[] = {{initial_key, initial}, {trailing_key, trailing}};
    _cleanup_(rpc_stream_freep) struct rpc_stream *unary_stream = NULL;
    _cleanup_(rpc_stream_freep) struct rpc_stream *duplex_stream = NULL;
    simple_request request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    simple_response *response;
    struct status st;
    struct str value;

    context->options.metadata = (struct rpc_metadata){entries, ARRAY_LENGTH(entries)};
    /* The unary call goes message by message, which shows its headers and trailers. */
    EXPECT_CODE(open_stream(context, &unary_method, &unary_stream, &st), STATUS_OK);
    request.response_size = LARGE_RESPONSE_BYTES;
    request.payload = payload_of(context, LARGE_REQUEST_BYTES);
    EXPECT_CODE(rpc_stream_write(unary_stream, &request, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_close_write(unary_stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_read(unary_stream, &response, &st), STATUS_OK);
    EXPECT(response != NULL);
    EXPECT(is_payload(response->payload, LARGE_RESPONSE_BYTES));
    EXPECT(ends_with(unary_stream, STATUS_OK));

    EXPECT_CODE(open_stream(context, &duplex_method, &duplex_stream, &st), STATUS_OK);
    EXPECT(play(context, duplex_stream, LARGE_REQUEST_BYTES, LARGE_RESPONSE_BYTES));
    EXPECT_CODE(rpc_stream_close_write(duplex_stream, &st), STATUS_OK);
    EXPECT(ends_with(duplex_stream, STATUS_OK));

    struct rpc_stream *const streams[] = {unary_stream, duplex_stream};
    for (size_t i = 0; i < ARRAY_LENGTH(streams); i++) {
        EXPECT(rpc_metadata_get(rpc_stream_headers(streams[i]), initial_key, &value));
        EXPECT(str_equal(value, initial));
        EXPECT(rpc_metadata_get(rpc_stream_trailers(streams[i]), trailing_key, &value));
        EXPECT(str_equal(value, trailing));
    }
    return true;
}

static bool status_code_and_message(struct context *context)
{
    static char message[] = "test status message";
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    Grpc__Testing__EchoStatus wanted = GRPC__TESTING__ECHO_STATUS__INIT;
    simple_request request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    output_request stream_request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    simple_response *response;
    struct status st;

    wanted.code = STATUS_UNKNOWN;
    wanted.message = message;
    request.response_status = &wanted;
    stream_request.response_status = &wanted;
    EXPECT_CODE(unary(context, &unary_method, &request, &response, &st), STATUS_UNKNOWN);
    EXPECT(strcmp(st.message, message) == 0);

    EXPECT_CODE(open_stream(context, &duplex_method, &stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_write(stream, &stream_request, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_close_write(stream, &st), STATUS_OK);
    EXPECT_CODE(rpc_stream_finish(stream, &st), STATUS_UNKNOWN);
    EXPECT(strcmp(st.message, message) == 0);
    return true;
}

static bool special_status_message(struct context *context)
{
    static char message[] = "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP "
                            "\xf0\x9f\x98\x88\t\n";
    Grpc__Testing__EchoStatus wanted = GRPC__TESTING__ECHO_STATUS__INIT;
    simple_request request = GRPC__TESTING__SIMPLE_REQUEST__INIT;
    simple_response *response;
    struct status st;

    wanted.code = STATUS_UNKNOWN;
    wanted.message = message;
    request.response_status = &wanted;
    EXPECT_CODE(unary(context, &unary_method, &request, &response, &st), STATUS_UNKNOWN);
    EXPECT(strcmp(st.message, message) == 0);
    return true;
}

static bool unimplemented_method(struct context *context)
{
    Grpc__Testing__Empty request = GRPC__TESTING__EMPTY__INIT;
    Grpc__Testing__Empty *response;
    struct status st;

    EXPECT_CODE(unary(context, &no_method, &request, &response, &st), STATUS_UNIMPLEMENTED);
    return true;
}

static bool unimplemented_service(struct context *context)
{
    Grpc__Testing__Empty request = GRPC__TESTING__EMPTY__INIT;
    Grpc__Testing__Empty *response;
    struct status st;

    EXPECT_CODE(unary(context, &no_service, &request, &response, &st), STATUS_UNIMPLEMENTED);
    return true;
}

static bool cancel_after_begin(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    struct status st;

    EXPECT_CODE(open_stream(context, &input_method, &stream, &st), STATUS_OK);
    rpc_stream_cancel(stream);
    return ends_with(stream, STATUS_CANCELLED);
}

static bool cancel_after_first_response(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    struct status st;

    EXPECT_CODE(open_stream(context, &duplex_method, &stream, &st), STATUS_OK);
    EXPECT(play(context, stream, request_sizes[0], response_sizes[0]));
    rpc_stream_cancel(stream);
    return ends_with(stream, STATUS_CANCELLED);
}

static bool timeout_on_sleeping_server(struct context *context)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = NULL;
    output_request request = GRPC__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    struct status st;

    request.payload = payload_of(context, request_sizes[0]);
    context->options.deadline = time_mono_after_ms(1);
    /* The deadline may be over before the message is sent, or before the call is started. */
    status_code code = open_stream(context, &duplex_method, &stream, &st);
    if (code == STATUS_DEADLINE_EXCEEDED)
        return true;
    EXPECT_CODE(code, STATUS_OK);
    (void)!rpc_stream_write(stream, &request, &st);
    return ends_with(stream, STATUS_DEADLINE_EXCEEDED);
}

static const struct {
    const char *name;
    bool (*run)(struct context *context);
} cases[] = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"empty_stream", empty_stream},
    {"custom_metadata", custom_metadata},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
};

bool interop_case_run(const char *name, struct rpc_channel *channel)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct context context = {
        .channel = channel,
        .options = {.deadline = time_mono_after_ms(CASE_DEADLINE_MS)},
        .arena = arena,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (strcmp(cases[i].name, name) == 0)
            return arena != NULL && cases[i].run(&context);
    (void)fprintf(stderr, "there is no case '%s'\n", name);
    return false;
}

void interop_case_list(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        (void)puts(cases[i].name);
}
