#include "lib/rpc/client.h"

#include <string.h>

#include <grpc/support/time.h>

#include "lib/rpc/channel.h"
#include "lib/rpc/codec.h"
#include "lib/rpc/runtime.h"

/* The next completion. Without a limit of its own: every call ends, by its deadline, cancellation
 * or keepalive. */
static grpc_event next_event(grpc_completion_queue *queue)
{
    return grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
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
    (void)next_event(queue);
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

    rpc_core_poll();
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

/* One operation that core may work on. */
struct operation {
    bool is_under_way;
    bool is_ok;
};

struct rpc_stream {
    struct rpc_channel *channel;
    grpc_completion_queue *queue;
    struct rpc_client_call call;
    struct arena *arena;

    struct operation ending;  /* headers out, status in: from opening to the call's end */
    struct operation heading; /* headers in */
    struct operation writing; /* of a message or of the half-close */
    struct operation reading;

    bool is_write_closed; /* nothing may be written any more */
    bool is_drained;      /* there is nothing more to read */
    bool has_headers, has_trailers;
    grpc_byte_buffer *sending;
    struct rpc_metadata headers, trailers;
};

static bool start(struct rpc_stream *stream, struct operation *operation, const grpc_op *ops,
                  size_t count)
{
    operation->is_under_way =
        grpc_call_start_batch(stream->call.core, ops, count, operation, NULL) == GRPC_CALL_OK;
    return operation->is_under_way;
}

/* One more operation of a call that has been started; false when the call has ended. */
static bool start_next(struct rpc_stream *stream, struct operation *operation, const grpc_op *op)
{
    return stream->ending.is_under_way && start(stream, operation, op, 1);
}

/* Takes completions until this one is among them. */
static void wait_for(struct rpc_stream *stream, const struct operation *operation)
{
    while (operation->is_under_way) {
        grpc_event event = next_event(stream->queue);
        struct operation *done = event.tag;

        done->is_under_way = false;
        done->is_ok = event.success != 0;
        /* Nothing comes after the status, and nothing is started after it. What still waits is
         * told so: core 1.51 forgets operations of a call that it retried and for which it then
         * found no server. */
        if (done == &stream->ending &&
            (stream->heading.is_under_way || stream->writing.is_under_way ||
             stream->reading.is_under_way))
            rpc_stream_cancel(stream);
    }
}

static status_code start_stream(struct rpc_stream *stream, struct status *st)
{
    const grpc_op ends[] = {rpc_client_op_headers(&stream->call),
                            rpc_client_op_receive_status(&stream->call)};
    const grpc_op heads[] = {rpc_client_op_receive_headers(&stream->call)};

    if (!start(stream, &stream->ending, ends, ARRAY_LENGTH(ends)) ||
        !start(stream, &stream->heading, heads, ARRAY_LENGTH(heads)))
        return FAIL(st, STATUS_INTERNAL, NULL, "the call could not be started");
    return STATUS_OK;
}

status_code rpc_stream_open(struct rpc_channel *channel, const struct rpc_method *method,
                            const struct rpc_call_options *options, struct arena *arena,
                            struct rpc_stream **ret_stream, struct status *st)
{
    _cleanup_(rpc_stream_freep) struct rpc_stream *stream = calloc(1, sizeof(*stream));

    rpc_core_poll();
    if (stream == NULL)
        return FAIL_MEMORY(st);
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

/* False when the transport did not take what was written last. */
static bool finish_write(struct rpc_stream *stream)
{
    wait_for(stream, &stream->writing);
    if (stream->sending == NULL)
        return true;
    grpc_byte_buffer_destroy(TAKE(stream->sending));
    return stream->writing.is_ok;
}

/* One write is under way while the caller makes the next message; the wait is here. */
status_code rpc_stream_write(struct rpc_stream *stream, const void *message, struct status *st)
{
    grpc_byte_buffer *buffer;

    if (stream->is_write_closed)
        return fail_ended(st);
    TRY(rpc_encode(message, RPC_MESSAGE_MAX_BYTES, &buffer, st));
    const grpc_op op = rpc_client_op_message(buffer);
    if (!finish_write(stream) || !start_next(stream, &stream->writing, &op)) {
        grpc_byte_buffer_destroy(buffer);
        stream->is_write_closed = true;
        return fail_ended(st);
    }
    stream->sending = buffer;
    return STATUS_OK;
}

status_code rpc_stream_close_write(struct rpc_stream *stream, struct status *st)
{
    const grpc_op op = rpc_client_op_close();

    if (stream->is_write_closed)
        return STATUS_OK;
    stream->is_write_closed = true;
    /* That the call has ended shows when it is read. */
    if (finish_write(stream))
        (void)start_next(stream, &stream->writing, &op);
    return STATUS_OK;
}

static void view_headers(struct rpc_stream *stream)
{
    if (stream->has_headers)
        return;
    wait_for(stream, &stream->heading);
    stream->headers = rpc_metadata_view(&stream->call.received_headers, stream->arena);
    stream->has_headers = true;
}

/* NULL at the end. */
static grpc_byte_buffer *receive(struct rpc_stream *stream)
{
    grpc_byte_buffer *buffer = NULL;
    const grpc_op op = rpc_client_op_receive_message(&buffer);

    if (stream->is_drained)
        return NULL;
    if (start_next(stream, &stream->reading, &op))
        wait_for(stream, &stream->reading);
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
    wait_for(stream, &stream->ending);
    if (!stream->has_trailers)
        stream->trailers = rpc_metadata_view(&stream->call.received_trailers, stream->arena);
    stream->has_trailers = true;
    (void)finish_write(stream);
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
    if (stream->ending.is_under_way)
        rpc_stream_cancel(stream);
    (void)finish_write(stream);
    wait_for(stream, &stream->heading);
    wait_for(stream, &stream->ending);
    rpc_client_call_deinit(&stream->call);
    rpc_channel_return_queue(stream->channel, stream->queue);
    free(stream);
}
