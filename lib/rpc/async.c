#include "lib/rpc/async.h"

#include <pthread.h>

#include <grpc/support/time.h>

#include "lib/base/thread.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/codec.h"
#include "lib/rpc/event.h"
#include "lib/rpc/runtime.h"

enum {
    /* What one decoded message may take; it is larger than its bytes, small fields most of all. */
    MESSAGE_ARENA_MAX_BYTES = 16 * RPC_MESSAGE_MAX_BYTES,
};

/* One operation of a call that core works on: fires on the poller, completes on the loop. */
struct operation {
    struct rpc_event event;
    struct rpc_async_call *call;
    void (*complete)(struct rpc_async_call *call, bool is_ok);
    bool is_under_way; /* the loop's */
    bool is_ok;
    struct operation *next;
};

struct rpc_async_call {
    struct rpc_loop *loop;
    struct rpc_client_call base;
    rpc_kind kind;
    const struct rpc_async_callbacks *callbacks;
    void *arg;
    struct arena *arena; /* of the message that is being delivered; then of the trailers */

    struct operation ending;  /* headers out and in, status in: from the start to the end */
    struct operation writing; /* of a message or of the half-close */
    struct operation reading;
    int under_way;

    bool is_unary; /* all of it is one batch, `ending` */
    bool is_write_closed;
    bool wants_close; /* the half-close waits for the write */
    bool has_ended;   /* the status is known */
    bool has_message; /* at least one was received */
    grpc_byte_buffer *sending, *receiving;
    struct status failure; /* our own, which comes before the server's; STATUS_OK: none */

    struct rpc_async_call *previous, *next; /* calls of the loop */
};

struct rpc_loop {
    grpc_completion_queue *queue;
    pthread_t thread;
    void (*wake)(void *arg);
    void *arg;
    struct rpc_async_call *calls;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    struct operation *first, **last; /* due */
};

/* --- the poller --- */

static void on_fired(struct rpc_event *event, bool is_ok)
{
    struct operation *operation = RPC_CONTAINER(event, struct operation, event);
    struct rpc_loop *loop = operation->call->loop;

    operation->is_ok = is_ok;
    operation->next = NULL;
    pthread_mutex_lock(&loop->mutex);
    bool was_empty = loop->first == NULL;
    *loop->last = operation;
    loop->last = &operation->next;
    pthread_cond_signal(&loop->changed);
    pthread_mutex_unlock(&loop->mutex);
    if (was_empty)
        loop->wake(loop->arg);
}

static void *poll_main(void *data)
{
    struct rpc_loop *loop = data;

    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(loop->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            return NULL;
        if (event.type == GRPC_OP_COMPLETE)
            rpc_event_fire(event.tag, event.success != 0);
    }
}

/* --- the loop --- */

status_code rpc_loop_new(void (*wake)(void *arg), void *arg, struct rpc_loop **ret_loop,
                         struct status *st)
{
    struct rpc_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return FAIL_MEMORY(st);
    loop->wake = wake;
    loop->arg = arg;
    loop->last = &loop->first;
    (void)pthread_mutex_init(&loop->mutex, NULL);
    (void)pthread_cond_init(&loop->changed, NULL);
    rpc_core_start();
    loop->queue = grpc_completion_queue_create_for_next(NULL);
    if (!thread_start(&loop->thread, "rpc-async", poll_main, loop)) {
        grpc_completion_queue_shutdown(loop->queue);
        grpc_completion_queue_destroy(loop->queue);
        free(loop);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread can be started");
    }
    *ret_loop = loop;
    return STATUS_OK;
}

static struct operation *take_due(struct rpc_loop *loop, bool waits)
{
    pthread_mutex_lock(&loop->mutex);
    while (waits && loop->first == NULL)
        pthread_cond_wait(&loop->changed, &loop->mutex);
    struct operation *due = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->mutex);
    return due;
}

static void end_if_over(struct rpc_async_call *call);

static void complete_all(struct operation *operation)
{
    while (operation != NULL) {
        struct rpc_async_call *call = operation->call;
        struct operation *next = operation->next;

        /* Under way no longer, so that the callback may start the next one; but the call is kept
         * until the callback has returned. */
        operation->is_under_way = false;
        operation->complete(call, operation->is_ok);
        call->under_way--;
        end_if_over(call);
        operation = next;
    }
}

void rpc_loop_dispatch(struct rpc_loop *loop)
{
    complete_all(take_due(loop, false));
}

void rpc_loop_free(struct rpc_loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->calls != NULL) {
        /* Again each time: a callback may have started another call. */
        for (struct rpc_async_call *call = loop->calls; call != NULL; call = call->next)
            rpc_async_cancel(call);
        complete_all(take_due(loop, true));
    }
    grpc_completion_queue_shutdown(loop->queue);
    (void)pthread_join(loop->thread, NULL);
    grpc_completion_queue_destroy(loop->queue);
    pthread_cond_destroy(&loop->changed);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}

/* --- life of a call --- */

static void call_free(struct rpc_async_call *call)
{
    grpc_byte_buffer_destroy(call->sending);
    grpc_byte_buffer_destroy(call->receiving);
    rpc_client_call_deinit(&call->base);
    arena_free(call->arena);
    free(call);
}
DEFINE_CLEANUP_NAMED(struct rpc_async_call *, call_freep, call_free)

/* False also when the call has ended: nothing is started after the status. */
static bool start(struct operation *operation, const grpc_op *ops, size_t count)
{
    struct rpc_async_call *call = operation->call;

    if (call->has_ended)
        return false;
    rpc_event_arm(&operation->event);
    if (grpc_call_start_batch(call->base.core, ops, count, &operation->event, NULL) != GRPC_CALL_OK)
        return false;
    operation->is_under_way = true;
    call->under_way++;
    return true;
}

/* The call ends with a failure of our own. */
static void fail_call(struct rpc_async_call *call, const struct status *st)
{
    if (call->failure.code == STATUS_OK)
        call->failure = *st;
    rpc_async_cancel(call);
}

/* Decodes what was received, if anything was, and hands it over. */
static void deliver(struct rpc_async_call *call)
{
    _cleanup_(rpc_byte_buffer_freep) grpc_byte_buffer *buffer = TAKE(call->receiving);
    struct status st;
    void *message;

    if (buffer == NULL)
        return;
    call->has_message = true;
    arena_reset(call->arena);
    if (rpc_decode(buffer, call->base.types->output, RPC_MESSAGE_MAX_BYTES, STATUS_INTERNAL,
                   call->arena, &message, &st) != STATUS_OK)
        fail_call(call, &st);
    else if (call->callbacks->on_message != NULL)
        call->callbacks->on_message(call, message, call->arg);
}

static status_code end_status(const struct rpc_async_call *call, struct status *st)
{
    bool is_answered_once = call->kind == RPC_UNARY || call->kind == RPC_CLIENT_STREAM;

    if (call->failure.code != STATUS_OK) {
        *st = call->failure;
        return st->code;
    }
    TRY(rpc_client_call_status(&call->base, st));
    if (is_answered_once && !call->has_message)
        return FAIL(st, STATUS_INTERNAL, NULL, "the server answered without a message");
    return STATUS_OK;
}

/* After each event: the last one frees the call. */
static void end_if_over(struct rpc_async_call *call)
{
    struct rpc_loop *loop = call->loop;
    struct status st = {.code = STATUS_OK};

    if (!call->has_ended || call->under_way > 0)
        return;
    (void)end_status(call, &st);
    arena_reset(call->arena);
    struct rpc_metadata trailers = rpc_metadata_view(&call->base.received_trailers, call->arena);
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        loop->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    call->callbacks->on_end(call, &st, &trailers, call->arg);
    call_free(call);
}

static void on_ended(struct rpc_async_call *call, bool is_ok)
{
    if (call->is_unary && call->base.code == GRPC_STATUS_OK)
        deliver(call);
    call->has_ended = true;
    /* Nothing comes after the status. What still waits is told so: a write for room, and core 1.51
     * forgets operations of a call that it retried and for which it then found no server. */
    if (call->under_way > 1)
        rpc_async_cancel(call);
}

static void start_close(struct rpc_async_call *call)
{
    const grpc_op op = rpc_client_op_close();

    call->wants_close = false;
    (void)start(&call->writing, &op, 1);
}

static void on_written(struct rpc_async_call *call, bool is_ok)
{
    bool was_message = call->sending != NULL;

    grpc_byte_buffer_destroy(TAKE(call->sending));
    if (!is_ok || !was_message)
        return;
    if (call->callbacks->on_written != NULL)
        call->callbacks->on_written(call, call->arg);
    if (call->wants_close && !call->writing.is_under_way)
        start_close(call);
}

static void on_read(struct rpc_async_call *call, bool is_ok)
{
    deliver(call);
}

static struct operation operation_of(struct rpc_async_call *call,
                                     void (*complete)(struct rpc_async_call *call, bool is_ok))
{
    return (struct operation){.event.run = on_fired, .call = call, .complete = complete};
}

static status_code call_new(struct rpc_loop *loop, struct rpc_channel *channel,
                            const struct rpc_method *method, const struct rpc_call_options *options,
                            const struct rpc_async_callbacks *callbacks, void *arg,
                            struct rpc_async_call **ret_call, struct status *st)
{
    _cleanup_(call_freep) struct rpc_async_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return FAIL_MEMORY(st);
    call->loop = loop;
    call->kind = method->kind;
    call->callbacks = callbacks;
    call->arg = arg;
    call->ending = operation_of(call, on_ended);
    call->writing = operation_of(call, on_written);
    call->reading = operation_of(call, on_read);
    call->arena = arena_new(MESSAGE_ARENA_MAX_BYTES);
    if (call->arena == NULL)
        return FAIL_MEMORY(st);
    TRY(rpc_client_call_init(&call->base, channel, method, options, loop->queue, st));
    *ret_call = TAKE(call);
    return STATUS_OK;
}

/* Starts `ending`, with which the call belongs to its loop. */
static status_code start_call(struct rpc_async_call *call, const grpc_op *ops, size_t count,
                              struct status *st)
{
    struct rpc_loop *loop = call->loop;

    if (!start(&call->ending, ops, count))
        return FAIL(st, STATUS_INTERNAL, NULL, "the call could not be started");
    call->next = loop->calls;
    if (call->next != NULL)
        call->next->previous = call;
    loop->calls = call;
    return STATUS_OK;
}

/* --- the public face --- */

status_code rpc_async_start(struct rpc_loop *loop, struct rpc_channel *channel,
                            const struct rpc_method *method, const struct rpc_call_options *options,
                            const struct rpc_async_callbacks *callbacks, void *arg,
                            struct rpc_async_call **ret_call, struct status *st)
{
    _cleanup_(call_freep) struct rpc_async_call *call = NULL;

    TRY(call_new(loop, channel, method, options, callbacks, arg, &call, st));
    const grpc_op ops[] = {
        rpc_client_op_headers(&call->base),
        rpc_client_op_receive_headers(&call->base),
        rpc_client_op_receive_status(&call->base),
    };
    TRY(start_call(call, ops, ARRAY_LENGTH(ops), st));
    if (ret_call != NULL)
        *ret_call = call;
    call = NULL;
    return STATUS_OK;
}

status_code rpc_async_unary(struct rpc_loop *loop, struct rpc_channel *channel,
                            const struct rpc_method *method, const struct rpc_call_options *options,
                            const void *request, const struct rpc_async_callbacks *callbacks,
                            void *arg, struct rpc_async_call **ret_call, struct status *st)
{
    _cleanup_(call_freep) struct rpc_async_call *call = NULL;

    TRY(call_new(loop, channel, method, options, callbacks, arg, &call, st));
    TRY(rpc_encode(request, RPC_MESSAGE_MAX_BYTES, &call->sending, st));
    call->is_unary = true;
    call->is_write_closed = true;
    const grpc_op ops[] = {
        rpc_client_op_headers(&call->base),
        rpc_client_op_message(call->sending),
        rpc_client_op_close(),
        rpc_client_op_receive_headers(&call->base),
        rpc_client_op_receive_message(&call->receiving),
        rpc_client_op_receive_status(&call->base),
    };
    TRY(start_call(call, ops, ARRAY_LENGTH(ops), st));
    if (ret_call != NULL)
        *ret_call = call;
    call = NULL;
    return STATUS_OK;
}

status_code rpc_async_write(struct rpc_async_call *call, const void *message, struct status *st)
{
    grpc_byte_buffer *buffer;

    if (call->is_write_closed)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "the call's writing side is closed");
    if (call->writing.is_under_way)
        return FAIL(st, STATUS_FAILED_PRECONDITION, NULL, "a write is under way");
    TRY(rpc_encode(message, RPC_MESSAGE_MAX_BYTES, &buffer, st));
    const grpc_op op = rpc_client_op_message(buffer);
    if (start(&call->writing, &op, 1))
        call->sending = buffer;
    else
        grpc_byte_buffer_destroy(buffer);
    return STATUS_OK;
}

void rpc_async_close_write(struct rpc_async_call *call)
{
    if (call->is_write_closed)
        return;
    call->is_write_closed = true;
    if (call->writing.is_under_way)
        call->wants_close = true;
    else
        start_close(call);
}

void rpc_async_read(struct rpc_async_call *call)
{
    const grpc_op op = rpc_client_op_receive_message(&call->receiving);

    if (!call->is_unary && !call->reading.is_under_way)
        (void)start(&call->reading, &op, 1);
}

void rpc_async_cancel(struct rpc_async_call *call)
{
    (void)grpc_call_cancel(call->base.core, NULL);
}
