#include "lib/rpc/call_each.h"

#include "lib/rpc/call_io.h"
#include "lib/rpc/codec.h"
#include "lib/rpc/server_internal.h"

enum { OPS_MAX = 3 }; /* headers, answer, next message */

/* Sends the answer to one message, when there is one, and asks for the next, in one operation: that
 * a client which takes no answers is not read any further is the back-pressure. `answer` is taken.
 * The call may be over before this returns. */
static void start_exchange(struct rpc_call *call, grpc_byte_buffer *answer)
{
    grpc_op ops[OPS_MAX];
    size_t count = 0;

    if (answer != NULL && !call->headers_sent)
        ops[count++] = rpc_call_headers_op(call);
    if (answer != NULL) {
        call->sending = answer;
        ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
        ops[count++].data.send_message.send_message = answer;
    }
    ops[count] = (grpc_op){.op = GRPC_OP_RECV_MESSAGE};
    ops[count++].data.recv_message.recv_message = &call->receiving;
    rpc_event_arm(&call->exchanged);
    if (grpc_call_start_batch(call->core, ops, count, &call->exchanged, NULL) != GRPC_CALL_OK) {
        struct status st;

        (void)FAIL(&st, STATUS_INTERNAL, NULL, "the call cannot be read");
        rpc_call_finish(call, &st);
    }
}

/* What one message left in the arena goes, and with it what was made there for the call. */
static void renew_arena(struct rpc_call *call)
{
    arena_reset(call->arena);
    call->has_metadata = false;
    call->peer_id = NULL;
}

static status_code exchange(struct rpc_call *call, grpc_byte_buffer **ret_answer, struct status *st)
{
    const struct rpc_server_method *method = call->method;
    const size_t max_bytes = rpc_server_options(call->server)->message_max_bytes;
    _cleanup_(rpc_byte_buffer_freep) grpc_byte_buffer *buffer = TAKE(call->receiving);
    ProtobufCMessage *answer;
    void *message;

    renew_arena(call);
    TRY(rpc_decode(buffer, method->input, max_bytes, STATUS_INVALID_ARGUMENT, call->arena, &message,
                   st));
    answer = arena_alloc(call->arena, method->output->sizeof_message);
    if (answer == NULL)
        return FAIL_MEMORY(st);
    protobuf_c_message_init(method->output, answer);
    TRY(method->function(call, message, answer, method->data, st));
    return rpc_encode(answer, max_bytes, ret_answer, st);
}

static void run_exchange(struct rpc_task *task)
{
    struct rpc_call *call = RPC_CONTAINER(task, struct rpc_call, exchange);
    grpc_byte_buffer *answer;
    struct status st;

    struct trace_context before = trace_context_swap(call->trace);
    status_code code = exchange(call, &answer, &st);
    (void)trace_context_swap(before);
    if (code == STATUS_OK)
        start_exchange(call, answer);
    else
        rpc_call_finish(call, &st);
}

static void watch_nothing(struct rpc_task *task)
{
    /* Streams are watched from their arrival on. */
}

/* The client has closed its side, or the call has ended in another way. */
static void end(struct rpc_call *call, bool is_ok)
{
    static const struct status ok = {.code = STATUS_OK};
    struct status st;

    if (!is_ok || grpc_call_failed_before_recv_message(call->core)) {
        (void)rpc_call_fail_ended(call, &st);
        rpc_call_finish(call, &st);
    } else {
        rpc_call_finish(call, &ok);
    }
}

static void on_exchanged(struct rpc_event *event, bool is_ok)
{
    struct rpc_call *call = RPC_CONTAINER(event, struct rpc_call, exchanged);

    grpc_byte_buffer_destroy(TAKE(call->sending));
    if (!is_ok || call->receiving == NULL) {
        end(call, is_ok);
        return;
    }
    if (!rpc_pool_submit(rpc_server_pool(call->server), &call->exchange)) {
        struct status st;

        (void)rpc_call_fail_overloaded(&st);
        rpc_call_finish(call, &st);
    }
}

void rpc_call_each_init(struct rpc_call *call)
{
    call->exchanged.run = on_exchanged;
    call->exchange = (struct rpc_task){.run = run_exchange, .before_wait = watch_nothing};
}

void rpc_call_each_start(struct rpc_call *call)
{
    start_exchange(call, NULL);
}
