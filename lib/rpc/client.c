#include "lib/rpc/client.h"

#include <string.h>

#include <grpc/support/time.h>

#include "lib/rpc/channel.h"
#include "lib/rpc/codec.h"

static bool pluck(grpc_completion_queue *queue, void *tag)
{
    /* Without a limit of its own: every call ends, by its deadline, cancellation or keepalive. */
    grpc_event event =
        grpc_completion_queue_pluck(queue, tag, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);

    return event.success != 0;
}

/* --- unary --- */

struct unary {
    struct rpc_client_call call;
    grpc_byte_buffer *request, *response;
};

static status_code run_unary(struct unary *unary, grpc_completion_queue *queue, struct arena *arena,
                             void *ret_response, struct status *st)
{
    struct rpc_client_call *call = &unary->call;
    void *response;
    const grpc_op ops[] = {
        rpc_client_op_headers(call),
        rpc_client_op_message(unary->request),
        rpc_client_op_close(),
        rpc_client_op_receive_headers(call),
        rpc_client_op_receive_message(&unary->response),
        rpc_client_op_receive_status(call),
    };

    if (grpc_call_start_batch(call->core, ops, ARRAY_LENGTH(ops), unary, NULL) != GRPC_CALL_OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "the call could not be started");
    (void)pluck(queue, unary);
    TRY(rpc_client_call_status(call, st));
    if (unary->response == NULL)
        return FAIL(st, STATUS_INTERNAL, NULL, "the server answered without a message");
    TRY(rpc_decode(unary->response, call->types->output, RPC_MESSAGE_MAX_BYTES, STATUS_INTERNAL,
                   arena, &response, st));
    *(void **)ret_response = response;
    return STATUS_OK;
}

status_code rpc_unary(struct rpc_channel *channel, const struct rpc_method *method,
                      const struct rpc_call_options *options, const void *request,
                      struct arena *arena, void *ret_response, struct status *st)
{
    struct unary unary = {0};

    TRY(rpc_encode(request, RPC_MESSAGE_MAX_BYTES, &unary.request, st));
    grpc_completion_queue *queue = rpc_channel_take_queue(channel);
    status_code code = rpc_client_call_init(&unary.call, channel, method, options, queue, st);
    if (code == STATUS_OK)
        code = run_unary(&unary, queue, arena, ret_response, st);
    grpc_byte_buffer_destroy(unary.request);
    grpc_byte_buffer_destroy(unary.response);
    rpc_client_call_deinit(&unary.call);
    rpc_channel_return_queue(channel, queue);
    return code;
}

/* --- streams --- */

struct rpc_stream {
    struct rpc_channel *channel;
    grpc_completion_queue *queue;
    struct rpc_client_call call;
    struct arena *arena;

    /* Operations under way; the address of each flag is its tag. */
    bool ending;  /* headers out, status in: from opening to the call's end */
    bool heading; /* headers in */
    bool writing;

    bool is_write_closed; /* nothing may be written any more */
    bool is_drained;      /* there is nothing more to read */
    grpc_byte_buffer *sending;
    struct rpc_metadata headers, trailers;
};

static void finish_operation(struct rpc_stream *stream, bool *operation)
{
    if (*operation)
        (void)pluck(stream->queue, operation);
    *operation = false;
}

static status_code start_stream(struct rpc_stream *stream, struct status *st)
{
    const grpc_op ends[] = {rpc_client_op_headers(&stream->call),
                            rpc_client_op_receive_status(&stream->call)};
    const grpc_op heads[] = {rpc_client_op_receive_headers(&stream->call)};

    if (grpc_call_start_batch(stream->call.core, ends, ARRAY_LENGTH(ends), &stream->ending, NULL) !=
        GRPC_CALL_OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "the call could not be started");
    stream->ending = true;
    if (grpc_call_start_batch(stream->call.core, heads, ARRAY_LENGTH(heads), &stream->heading,
                              NULL) != GRPC_CALL_OK)
        return FAIL(st, STATUS_INTERNAL, NULL, "the call could not be started");
    stream->heading = true;
    return STATUS_OK;
}

status_code rpc_stream_open(struct rpc_channel *channel, const struct rpc_method *method,
                            const struct rpc_call_options *options, struct arena *arena,
                            struct rpc_stream **ret_stream, struct status *st)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "out of memory");
    stream->channel = channel;
    stream->arena = arena;
    stream->queue = rpc_channel_take_queue(channel);
    TRY(rpc_client_call_init(&stream->call, channel, method, options, stream->queue, st));
    TRY(start_stream(stream, st));
    *ret_stream = TAKE(stream);
    return STATUS_OK;
}

static status_code fail_ended(struct status *st)
{
    return FAIL(st, STATUS_CANCELLED, "STREAM_ENDED", "the call has ended");
}

/* One write is under way while the caller makes the next message; the wait is here. */
status_code rpc_stream_write(struct rpc_stream *stream, const void *message, struct status *st)
{
    grpc_byte_buffer *buffer;

    if (stream->is_write_closed)
        return fail_ended(st);
    TRY(rpc_encode(message, RPC_MESSAGE_MAX_BYTES, &buffer, st));
    if (stream->writing) {
        bool is_ok = pluck(stream->queue, &stream->writing);
        stream->writing = false;
        grpc_byte_buffer_destroy(TAKE(stream->sending));
        stream->is_write_closed = !is_ok;
    }
    const grpc_op op = rpc_client_op_message(buffer);
    if (stream->is_write_closed ||
        grpc_call_start_batch(stream->call.core, &op, 1, &stream->writing, NULL) != GRPC_CALL_OK) {
        grpc_byte_buffer_destroy(buffer);
        stream->is_write_closed = true;
        return fail_ended(st);
    }
    stream->writing = true;
    stream->sending = buffer;
    return STATUS_OK;
}

static void finish_write(struct rpc_stream *stream)
{
    finish_operation(stream, &stream->writing);
    grpc_byte_buffer_destroy(TAKE(stream->sending));
}

status_code rpc_stream_close_write(struct rpc_stream *stream, struct status *st)
{
    const grpc_op op = rpc_client_op_close();

    if (stream->is_write_closed)
        return STATUS_OK;
    finish_write(stream);
    stream->is_write_closed = true;
    /* It completes at once; that the call has ended shows when it is read. */
    if (grpc_call_start_batch(stream->call.core, &op, 1, &stream->is_write_closed, NULL) !=
        GRPC_CALL_OK)
        return fail_ended(st);
    (void)pluck(stream->queue, &stream->is_write_closed);
    return STATUS_OK;
}

static void view_headers(struct rpc_stream *stream)
{
    if (!stream->heading)
        return;
    finish_operation(stream, &stream->heading);
    stream->headers = rpc_metadata_view(&stream->call.received_headers, stream->arena);
}

/* NULL at the end. */
static grpc_byte_buffer *receive(struct rpc_stream *stream)
{
    grpc_byte_buffer *buffer = NULL;
    const grpc_op op = rpc_client_op_receive_message(&buffer);

    if (stream->is_drained)
        return NULL;
    if (grpc_call_start_batch(stream->call.core, &op, 1, &buffer, NULL) == GRPC_CALL_OK)
        (void)pluck(stream->queue, &buffer);
    stream->is_drained = buffer == NULL;
    return buffer;
}

status_code rpc_stream_read(struct rpc_stream *stream, void *ret_message, struct status *st)
{
    _cleanup_(rpc_byte_buffer_freep) grpc_byte_buffer *buffer = receive(stream);
    void *message = NULL;

    view_headers(stream);
    if (buffer != NULL)
        TRY(rpc_decode(buffer, stream->call.types->output, RPC_MESSAGE_MAX_BYTES, STATUS_INTERNAL,
                       stream->arena, &message, st));
    *(void **)ret_message = message;
    return STATUS_OK;
}

status_code rpc_stream_finish(struct rpc_stream *stream, struct status *st)
{
    while (!stream->is_drained)
        grpc_byte_buffer_destroy(receive(stream));
    view_headers(stream);
    if (stream->ending) {
        finish_operation(stream, &stream->ending);
        stream->trailers = rpc_metadata_view(&stream->call.received_trailers, stream->arena);
    }
    finish_write(stream);
    stream->is_write_closed = true;
    return rpc_client_call_status(&stream->call, st);
}

void rpc_stream_cancel(struct rpc_stream *stream)
{
    (void)grpc_call_cancel(stream->call.core, NULL);
}

const struct rpc_metadata *rpc_stream_headers(const struct rpc_stream *stream)
{
    return &stream->headers;
}

const struct rpc_metadata *rpc_stream_trailers(const struct rpc_stream *stream)
{
    return &stream->trailers;
}

void rpc_stream_free(struct rpc_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->ending)
        rpc_stream_cancel(stream);
    finish_write(stream);
    finish_operation(stream, &stream->heading);
    finish_operation(stream, &stream->ending);
    rpc_client_call_deinit(&stream->call);
    rpc_channel_return_queue(stream->channel, stream->queue);
    free(stream);
}
