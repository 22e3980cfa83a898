#include "lib/rpc/call_each.h"

#include "lib/base/clock.h"
#include "lib/rpc/call_io.h"
#include "lib/rpc/call_output.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"

/* What one message left in the arena goes, and with it what was made there for the call. */
static void renew_arena(struct rpc_call *call)
{
    arena_reset(call->arena);
    call->has_metadata = false;
}

static status_code exchange(struct rpc_call *call, struct rpc_message **ret_answer,
                            struct status *st)
{
    const struct rpc_server_method *method = call->method;
    const size_t max_bytes = rpc_server_options(call->server)->message_max_bytes;
    _cleanup_(freep) struct rpc_message *received = TAKE(call->request);
    ProtobufCMessage *answer;
    void *message;

    renew_arena(call);
    TRY(rpc_message_decode(received, call->encoding, method->input, max_bytes, call->arena,
                           &message, st));
    answer = arena_alloc(call->arena, method->output->sizeof_message);
    if (answer == NULL)
        return FAIL_MEMORY(st);
    protobuf_c_message_init(method->output, answer);
    TRY(method->function(call, message, answer, method->data, st));
    return rpc_message_encode(answer, max_bytes, rpc_call_sends_gzip(call), ret_answer, st);
}

static void run_exchange(struct rpc_task *task)
{
    struct rpc_call *call = RPC_CONTAINER(task, struct rpc_call, task);
    struct rpc_message *answer;
    struct status st;

    struct trace_context before = trace_context_swap(call->trace);
    status_code code = exchange(call, &answer, &st);
    (void)trace_context_swap(before);
    if (code == STATUS_OK)
        rpc_call_post_exchanged(call, answer);
    else
        rpc_call_finish(call, &st);
}

/* The next message, or NULL; *ret_has_all tells that no further one will come. */
static struct rpc_message *take_message(struct rpc_call *call, bool *ret_has_all,
                                        status_code *ret_code, size_t *ret_too_large)
{
    rpc_server_loop_lock(call->loop);
    struct rpc_message *message = rpc_messages_take(&call->shared.received);
    *ret_has_all = call->shared.has_all;
    *ret_code = call->shared.code;
    *ret_too_large = call->shared.too_large;
    if (message != NULL)
        call->shared.taken_bytes += RPC_PREFIX_BYTES + message->size;
    rpc_server_loop_unlock(call->loop);
    return message;
}

static void end(struct rpc_call *call, status_code code, size_t too_large)
{
    struct status st = {.code = STATUS_OK};

    if (rpc_call_has_ended(call))
        (void)rpc_call_fail_ended(call, &st);
    else if (code != STATUS_OK)
        (void)rpc_call_fail_received(call, code, too_large, &st);
    call->is_exchanging = true; /* nothing more begins */
    rpc_call_finish(call, &st);
}

void rpc_call_each_go_on(struct rpc_call *call)
{
    bool has_all;
    status_code code;
    size_t too_large;

    if (call->is_exchanging || !call->runs)
        return;
    if (rpc_call_has_ended(call)) {
        end(call, STATUS_OK, 0);
        return;
    }
    if (atomic_load(&call->unsent_bytes) >= RPC_WRITE_AHEAD_BYTES)
        return; /* it follows when some of it is sent */
    struct rpc_message *message = take_message(call, &has_all, &code, &too_large);
    if (message == NULL) {
        if (has_all)
            end(call, code, too_large);
        return;
    }
    call->is_exchanging = true;
    call->request = message;
    call->task.run = run_exchange;
    if (!rpc_server_loop_submit(call->loop, &call->task)) {
        struct status st;

        free(TAKE(call->request));
        (void)rpc_call_fail_overloaded(&st);
        rpc_call_finish(call, &st);
    }
}
