#include "tests/conformance/interop/test_service.h"

#include <time.h>

#include "grpc/testing/test.pb-c.h"
#include "lib/base/clock.h"

enum {
    PAUSE_STEP_US = 10000, /* how often a pause looks whether the client is still there */
};

static status_code make_payload(struct rpc_call *call, int32_t size,
                                Grpc__Testing__Payload *payload, struct status *st)
{
    if (size < 0 || size > TEST_SERVICE_PAYLOAD_MAX_BYTES)
        return FAIL_FIELD(st, "response_size", NULL, "a payload has 0 to %d bytes",
                          TEST_SERVICE_PAYLOAD_MAX_BYTES);
    grpc__testing__payload__init(payload);
    payload->body.len = (size_t)size;
    payload->body.data = arena_calloc(rpc_call_arena(call), 1, (size_t)size);
    if (payload->body.data == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "out of memory");
    return STATUS_OK;
}

static status_code fail_as_told(const Grpc__Testing__EchoStatus *wanted, struct status *st)
{
    if (wanted == NULL || wanted->code == 0)
        return STATUS_OK;
    return FAIL(st, (status_code)wanted->code, NULL, "%s", wanted->message);
}

/* Two metadata keys come back as they were sent. */
static status_code echo_metadata(struct rpc_call *call, struct status *st)
{
    static const char initial_key[] = "x-grpc-test-echo-initial";
    static const char trailing_key[] = "x-grpc-test-echo-trailing-bin";
    const struct rpc_metadata *metadata = rpc_call_metadata(call);
    struct str value;

    if (rpc_metadata_get(metadata, initial_key, &value))
        TRY(rpc_call_add_header(call, initial_key, value, st));
    if (rpc_metadata_get(metadata, trailing_key, &value))
        TRY(rpc_call_add_trailer(call, trailing_key, value, st));
    return STATUS_OK;
}

static void pause_before_response(const struct rpc_call *call, int64_t interval_us)
{
    while (interval_us > 0 && !rpc_call_is_cancelled(call)) {
        int64_t step_us = interval_us < PAUSE_STEP_US ? interval_us : PAUSE_STEP_US;
        struct timespec step = {.tv_nsec = step_us * 1000};

        (void)nanosleep(&step, NULL);
        interval_us -= step_us;
    }
}

static status_code send_responses(struct rpc_call *call,
                                  const Grpc__Testing__StreamingOutputCallRequest *request,
                                  struct status *st)
{
    for (size_t i = 0; i < request->n_response_parameters; i++) {
        const Grpc__Testing__ResponseParameters *wanted = request->response_parameters[i];
        Grpc__Testing__StreamingOutputCallResponse response =
            GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
        Grpc__Testing__Payload payload;

        TRY(make_payload(call, wanted->size, &payload, st));
        response.payload = &payload;
        pause_before_response(call, wanted->interval_us);
        TRY(rpc_call_write(call, &response, st));
    }
    return STATUS_OK;
}

/* --- methods --- */

static status_code empty_call(struct rpc_call *call, const void *request, void *response,
                              void *data, struct status *st)
{
    return STATUS_OK;
}

static status_code unary_call(struct rpc_call *call, const void *request_data, void *response_data,
                              void *data, struct status *st)
{
    const Grpc__Testing__SimpleRequest *request = request_data;
    Grpc__Testing__SimpleResponse *response = response_data;

    TRY(echo_metadata(call, st));
    TRY(fail_as_told(request->response_status, st));
    if (request->response_compressed != NULL && request->response_compressed->value)
        rpc_call_compress(call);
    response->payload = ARENA_NEW(rpc_call_arena(call), Grpc__Testing__Payload);
    if (response->payload == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "out of memory");
    return make_payload(call, request->response_size, response->payload, st);
}

static status_code streaming_output_call(struct rpc_call *call, const void *request_data,
                                         void *no_response, void *data, struct status *st)
{
    const Grpc__Testing__StreamingOutputCallRequest *request = request_data;

    TRY(echo_metadata(call, st));
    TRY(fail_as_told(request->response_status, st));
    return send_responses(call, request, st);
}

static status_code streaming_input_call(struct rpc_call *call, const void *no_request,
                                        void *response_data, void *data, struct status *st)
{
    Grpc__Testing__StreamingInputCallResponse *response = response_data;
    size_t total = 0;

    for (;;) {
        Grpc__Testing__StreamingInputCallRequest *request;

        TRY(rpc_call_read_reset(call, &request, st));
        if (request == NULL)
            break;
        if (request->payload != NULL)
            total += request->payload->body.len;
        if (total > INT32_MAX)
            return FAIL(st, STATUS_OUT_OF_RANGE, NULL, "the payloads have more than 2 GiB");
    }
    response->aggregated_payload_size = (int32_t)total;
    return STATUS_OK;
}

static status_code full_duplex_call(struct rpc_call *call, const void *no_request,
                                    void *no_response, void *data, struct status *st)
{
    TRY(echo_metadata(call, st));
    for (;;) {
        Grpc__Testing__StreamingOutputCallRequest *request;

        TRY(rpc_call_read_reset(call, &request, st));
        if (request == NULL)
            return STATUS_OK;
        TRY(fail_as_told(request->response_status, st));
        TRY(send_responses(call, request, st));
    }
}

const struct rpc_service *test_service(void)
{
    static const struct rpc_handler handlers[] = {
        {"EmptyCall", RPC_UNARY, empty_call},
        {"UnaryCall", RPC_UNARY, unary_call},
        {"StreamingOutputCall", RPC_SERVER_STREAM, streaming_output_call},
        {"StreamingInputCall", RPC_CLIENT_STREAM, streaming_input_call},
        {"FullDuplexCall", RPC_BIDI_STREAM, full_duplex_call},
    };
    static const struct rpc_service service = {&grpc__testing__test_service__descriptor, handlers,
                                               ARRAY_LENGTH(handlers), NULL};

    return &service;
}
