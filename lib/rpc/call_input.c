#include "lib/rpc/call_input.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/rpc/call_each.h"
#include "lib/rpc/call_io.h"
#include "lib/rpc/connection.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"

static bool takes_one(const struct rpc_call *call)
{
    return call->method->kind == RPC_UNARY || call->method->kind == RPC_SERVER_STREAM;
}

/* --- to the runner of a stream --- */

void rpc_call_wake_reader_and_unlock(struct rpc_call *call)
{
    const bool reads = call->shared.reads;

    call->shared.reads = false;
    rpc_server_loop_unlock(call->loop);
    if (reads)
        rpc_latch_set(&call->reading);
}

/* With the loop's mutex; lets it go. */
static void tell_runner(struct rpc_call *call)
{
    rpc_call_wake_reader_and_unlock(call);
    if (call->method->run == RPC_RUN_EACH)
        rpc_call_each_go_on(call);
}

static void hand_over(struct rpc_call *call, struct rpc_message *message)
{
    rpc_server_loop_lock(call->loop);
    rpc_messages_add(&call->shared.received, message);
    tell_runner(call);
}

/* @code: not STATUS_OK where the client is at fault; @too_large: the size of a message then. */
static void hand_over_end(struct rpc_call *call, status_code code, size_t too_large)
{
    rpc_server_loop_lock(call->loop);
    call->shared.has_all = true;
    call->shared.code = code;
    call->shared.too_large = too_large;
    tell_runner(call);
}

/* --- bytes --- */

/* The client has broken the rules, or a limit. */
static void fail(struct rpc_call *call, status_code code, size_t too_large)
{
    struct status st;

    rpc_call_input_stop(call);
    if (!takes_one(call)) {
        hand_over_end(call, code, too_large);
    } else if (!call->has_dispatched) {
        call->has_dispatched = true;
        (void)rpc_call_fail_received(call, code, too_large, &st);
        rpc_call_finish(call, &st);
    }
}

static void begin_message(struct rpc_call *call)
{
    const size_t max_bytes = rpc_server_options(call->server)->message_max_bytes;
    uint32_t size;

    memcpy(&size, call->prefix + 1, sizeof(size));
    size = ntohl(size);
    call->prefix_length = 0;
    if (call->prefix[0] != 0 && call->prefix[0] != 1) {
        fail(call, STATUS_INTERNAL, 0);
        return;
    }
    if (size > max_bytes) {
        fail(call, STATUS_RESOURCE_EXHAUSTED, size);
        return;
    }
    call->arriving = rpc_message_begin(size, call->prefix[0] == 1);
    if (call->arriving == NULL)
        fail(call, STATUS_INTERNAL, 0);
}

/* Takes what belongs to the prefix off the front. */
static void fill_prefix(struct rpc_call *call, struct str *bytes)
{
    const size_t missing = RPC_PREFIX_BYTES - call->prefix_length;
    const size_t count = bytes->n < missing ? bytes->n : missing;

    memcpy(call->prefix + call->prefix_length, bytes->p, count);
    call->prefix_length += (unsigned)count;
    bytes->p += count;
    bytes->n -= count;
    if (call->prefix_length == RPC_PREFIX_BYTES)
        begin_message(call);
}

static void end_message(struct rpc_call *call)
{
    struct rpc_message *message = TAKE(call->arriving);

    if (!takes_one(call)) {
        hand_over(call, message);
        return;
    }
    /* A client that sends more than the one has its answer all the same. */
    rpc_call_input_stop(call);
    rpc_call_dispatch(call, message);
}

void rpc_call_input(struct rpc_call *call, struct str bytes)
{
    const size_t all = bytes.n;

    while (bytes.n > 0 && !call->is_input_over) {
        if (call->arriving == NULL)
            fill_prefix(call, &bytes);
        if (call->arriving != NULL && !rpc_message_fill(&call->arriving, &bytes))
            fail(call, STATUS_INTERNAL, 0);
        else if (call->arriving != NULL && call->arriving->used == call->arriving->size)
            end_message(call);
    }
    /* Of a stream, room is made as its messages are taken. */
    if (call->is_input_over && call->connection != NULL)
        rpc_connection_consume(call->connection, call->stream, all);
}

void rpc_call_input_end(struct rpc_call *call)
{
    if (call->is_input_over)
        return;
    if (call->prefix_length > 0 || call->arriving != NULL) {
        fail(call, STATUS_INTERNAL, 0);
        return;
    }
    rpc_call_input_stop(call);
    if (takes_one(call))
        rpc_call_dispatch(call, NULL);
    else
        hand_over_end(call, STATUS_OK, 0);
}

void rpc_call_input_stop(struct rpc_call *call)
{
    call->is_input_over = true;
    call->prefix_length = 0;
    free(TAKE(call->arriving));
}
