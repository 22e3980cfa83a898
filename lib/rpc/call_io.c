#include "lib/rpc/call_io.h"

#include "lib/base/clock.h"
#include "lib/rpc/codec.h"
#include "lib/rpc/server_internal.h"

enum { OPS_MAX = 2 }; /* headers, message */

/* --- waiting for core --- */

static void on_read(struct rpc_event *event, bool is_ok)
{
    rpc_gate_open(&RPC_CONTAINER(event, struct rpc_call, read)->reading);
}

static void on_written(struct rpc_event *event, bool is_ok)
{
    struct rpc_call *call = RPC_CONTAINER(event, struct rpc_call, written);
    void (*callback)(void *arg) = call->on_written;
    void *arg = call->on_written_arg;

    grpc_byte_buffer_destroy(TAKE(call->sending));
    call->write_failed = call->write_failed || !is_ok;
    rpc_gate_open(&call->writing);
    /* Only a detached call has a callback, and nobody else ends it while a write is under way. */
    if (callback != NULL)
        callback(arg);
}

status_code rpc_call_fail_ended(const struct rpc_call *call, struct status *st)
{
    if (time_mono() >= call->deadline)
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the call's deadline passed");
    return FAIL(st, STATUS_CANCELLED, NULL, "the client cancelled the call or went away");
}

void rpc_call_io_init(struct rpc_call *call)
{
    call->read.run = on_read;
    call->written.run = on_written;
}

void rpc_call_wait_written(struct rpc_call *call)
{
    rpc_gate_wait(&call->writing);
}

/* --- sending --- */

grpc_op rpc_call_headers_op(struct rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA};

    op.data.send_initial_metadata.count = call->headers.count;
    op.data.send_initial_metadata.metadata = call->headers.entries;
    if (call->compresses) {
        /* The lowest level is gzip where the client accepts it, and nothing where not. */
        op.data.send_initial_metadata.maybe_compression_level.is_set = 1;
        op.data.send_initial_metadata.maybe_compression_level.level = GRPC_COMPRESS_LEVEL_LOW;
    }
    call->headers_sent = true;
    return op;
}

/* Starts sending a message, after the headers if they are still to be sent. `buffer` is taken. */
static bool start_send(struct rpc_call *call, grpc_byte_buffer *buffer)
{
    grpc_op ops[OPS_MAX];
    size_t count = 0;

    if (!call->headers_sent)
        ops[count++] = rpc_call_headers_op(call);
    ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
    ops[count++].data.send_message.send_message = buffer;
    call->sending = buffer;
    rpc_gate_close(&call->writing);
    rpc_event_arm(&call->written);
    if (grpc_call_start_batch(call->core, ops, count, &call->written, NULL) == GRPC_CALL_OK)
        return true;
    grpc_byte_buffer_destroy(TAKE(call->sending));
    call->write_failed = true;
    rpc_gate_open(&call->writing);
    return false;
}

/* --- messages --- */

static status_code read_message(struct rpc_call *call, void *ret_message, struct status *st)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    void *message;

    op.data.recv_message.recv_message = &call->receiving;
    rpc_gate_close(&call->reading);
    rpc_event_arm(&call->read);
    if (grpc_call_start_batch(call->core, &op, 1, &call->read, NULL) != GRPC_CALL_OK) {
        rpc_gate_open(&call->reading);
        return FAIL(st, STATUS_INTERNAL, NULL, "the call cannot be read");
    }
    rpc_gate_wait(&call->reading);

    if (call->receiving == NULL) {
        if (grpc_call_failed_before_recv_message(call->core))
            return rpc_call_fail_ended(call, st);
        *(void **)ret_message = NULL;
        return STATUS_OK;
    }
    _cleanup_(rpc_byte_buffer_freep) grpc_byte_buffer *buffer = TAKE(call->receiving);
    TRY(rpc_decode(buffer, call->method->input, rpc_server_options(call->server)->message_max_bytes,
                   STATUS_INVALID_ARGUMENT, call->message_arena, &message, st));
    *(void **)ret_message = message;
    return STATUS_OK;
}

status_code rpc_call_read(struct rpc_call *call, void *ret_message, struct status *st)
{
    return read_message(call, ret_message, st);
}

status_code rpc_call_read_reset(struct rpc_call *call, void *ret_message, struct status *st)
{
    arena_reset(call->message_arena);
    return read_message(call, ret_message, st);
}

/* One write is under way while the handler makes the next message; the wait is here. */
status_code rpc_call_write(struct rpc_call *call, const void *message, struct status *st)
{
    grpc_byte_buffer *buffer;

    TRY(rpc_encode(message, rpc_server_options(call->server)->message_max_bytes, &buffer, st));
    rpc_call_wait_written(call);
    if (call->write_failed) {
        grpc_byte_buffer_destroy(buffer);
        return rpc_call_fail_ended(call, st);
    }
    if (!start_send(call, buffer))
        return rpc_call_fail_ended(call, st);
    return STATUS_OK;
}

bool rpc_call_start_write(struct rpc_call *call, const void *message, void (*callback)(void *arg),
                          void *arg)
{
    struct status st;
    grpc_byte_buffer *buffer;

    if (rpc_encode(message, rpc_server_options(call->server)->message_max_bytes, &buffer, &st) !=
        STATUS_OK)
        return false;
    call->on_written = callback;
    call->on_written_arg = arg;
    return start_send(call, buffer);
}

/* --- metadata --- */

status_code rpc_call_add_header(struct rpc_call *call, const char *key, struct str value,
                                struct status *st)
{
    if (call->headers_sent)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "the headers were sent already");
    return rpc_metadata_out_add(&call->headers, key, value, st);
}

status_code rpc_call_add_trailer(struct rpc_call *call, const char *key, struct str value,
                                 struct status *st)
{
    return rpc_metadata_out_add(&call->trailers, key, value, st);
}

void rpc_call_compress(struct rpc_call *call)
{
    call->compresses = true;
}
