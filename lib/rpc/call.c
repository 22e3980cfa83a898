#include "lib/rpc/call.h"

#include "lib/base/clock.h"
#include "lib/base/wanted.h"
#include "lib/rpc/call_each.h"
#include "lib/rpc/call_input.h"
#include "lib/rpc/call_io.h"
#include "lib/rpc/call_output.h"
#include "lib/rpc/connection.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"

enum {
    /* A spare call keeps its arenas while they are no larger than this. */
    ARENA_KEPT_MAX_BYTES = 65536,
    OVERLOAD_RETRY_MS = 1000, /* when a caller that was refused may ask again */
    /* Of headers or trailers to be sent; each value is bounded, and so is their number. */
    FIELDS_MAX_BYTES = 1 << 20,
};

/* --- life time --- */

static void run_task(struct rpc_task *task);

/* What a new call has, and a used one has again. */
static void reset(struct rpc_call *call)
{
    call->deadline = TIME_NEVER;
    rpc_messages_init(&call->sending);
    rpc_messages_init(&call->shared.received);
    rpc_messages_init(&call->shared.to_send);
    call->task.run = run_task;
}

static struct rpc_call *call_alloc(struct rpc_server_loop *loop)
{
    struct rpc_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->loop = loop;
    call->server = rpc_server_loop_server(loop);
    (void)pthread_mutex_init(&call->mutex, NULL);
    (void)pthread_cond_init(&call->changed, NULL);
    rpc_fields_init(&call->received, RPC_METADATA_MAX_BYTES * 2);
    rpc_fields_init(&call->headers, FIELDS_MAX_BYTES);
    rpc_fields_init(&call->trailers, FIELDS_MAX_BYTES);
    rpc_fields_init(&call->own_trailers, FIELDS_MAX_BYTES);
    reset(call);
    return call;
}

struct rpc_call *rpc_call_new(struct rpc_connection *connection, int32_t stream)
{
    struct rpc_server_loop *loop = rpc_connection_loop(connection);
    struct rpc_call *call = rpc_server_loop_take_call(loop);

    if (call == NULL)
        call = call_alloc(loop);
    if (call == NULL)
        return NULL;
    call->connection = connection;
    call->stream = stream;
    call->peer = rpc_peer_ref(rpc_connection_peer(connection));
    rpc_server_count_call(call->server);
    return call;
}

void rpc_call_free(struct rpc_call *call)
{
    rpc_fields_deinit(&call->received);
    rpc_fields_deinit(&call->headers);
    rpc_fields_deinit(&call->trailers);
    rpc_fields_deinit(&call->own_trailers);
    arena_free(call->arena);
    arena_free(call->message_arena);
    pthread_cond_destroy(&call->changed);
    pthread_mutex_destroy(&call->mutex);
    free(call);
}

static void recycle_arena(struct arena **arena)
{
    if (*arena == NULL)
        return;
    arena_reset(*arena);
    if (arena_size(*arena) > ARENA_KEPT_MAX_BYTES) {
        arena_free(*arena);
        *arena = NULL;
    }
}

/* Makes a call that is over as good as new: keeps its memory, and forgets all else. */
static void renew(struct rpc_call *call)
{
    rpc_messages_free(&call->sending);
    rpc_messages_free(&call->shared.received);
    rpc_messages_free(&call->shared.to_send);
    free(TAKE(call->arriving));
    free(TAKE(call->request));
    rpc_peer_unref(TAKE(call->peer));
    rpc_fields_clear(&call->received);
    rpc_fields_clear(&call->headers);
    rpc_fields_clear(&call->trailers);
    rpc_fields_clear(&call->own_trailers);
    recycle_arena(&call->arena);
    recycle_arena(&call->message_arena);
    trace_span_drop(TAKE(call->span)); /* of a call that could not even be answered */
    call->method = NULL;
    call->is_input_over = call->has_dispatched = call->is_exchanging = false;
    call->prefix_length = 0;
    call->are_headers_submitted = call->is_deferred = call->is_ending = call->is_answered = false;
    call->end_trailers = NULL;
    call->head_bytes = 0;
    call->is_post = call->is_grpc = call->is_head_malformed = call->is_encoding_unknown = false;
    call->encoding = RPC_ENCODING_IDENTITY;
    call->accepts_gzip = false;
    call->trace = (struct trace_context){.is_valid = false};
    call->has_metadata = call->distrusts_forwarded = false;
    call->headers_sent = call->compresses = false;
    call->on_written = NULL;
    atomic_store_explicit(&call->unsent_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&call->writes, false, memory_order_relaxed);
    atomic_store_explicit(&call->is_cancelled, false, memory_order_relaxed);
    call->shared = (struct rpc_call_shared){.code = STATUS_OK};
    reset(call);
}

void rpc_call_release_if_over(struct rpc_call *call)
{
    struct rpc_server *server = call->server;

    if (call->connection != NULL || call->runs)
        return;
    rpc_server_loop_lock(call->loop);
    const bool is_posted = call->shared.is_posted;
    rpc_server_loop_unlock(call->loop);
    if (is_posted)
        return; /* that is looked at first */
    rpc_server_loop_remove_deadline(call->loop, call);
    renew(call);
    rpc_server_loop_return_call(call->loop, call);
    rpc_server_uncount_call(server);
}

/* --- the end --- */

/* `message`, taken, may be NULL. Nothing of the call is the caller's afterwards. */
static void end_call(struct rpc_call *call, struct rpc_message *message, const struct status *st)
{
    const struct rpc_server_options *options = rpc_server_options(call->server);

    rpc_call_tell_followers(call);
    rpc_call_write_status(&call->trailers, st, call->arena);
    rpc_trace_end(TAKE(call->span), TRACE_SERVER, st->code);
    if (options->on_call_end != NULL && call->method->is_told) {
        struct trace_context before = trace_context_swap(call->trace);

        options->on_call_end(call, st, time_mono() - call->arrival_time, options->on_call_end_data);
        (void)trace_context_swap(before);
    }
    rpc_call_post_end(call, message);
}

void rpc_call_finish(struct rpc_call *call, const struct status *st)
{
    rpc_call_on_cancel(call, NULL, NULL);
    end_call(call, NULL, st);
}

status_code rpc_call_fail_overloaded(struct status *st)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED",
               "the server works on as many calls as it can, try again later");
    st->retry_after_ms = OVERLOAD_RETRY_MS;
    return st->code;
}

/* --- running --- */

static status_code decode_request(struct rpc_call *call, const void **ret_request,
                                  struct status *st)
{
    void *request;

    /* gRPC's status code table gives this code for a request that is missing. */
    if (call->request == NULL)
        return FAIL(st, STATUS_UNIMPLEMENTED, NULL, "%s takes one request, none was sent",
                    call->method->path);
    TRY(rpc_message_decode(call->request, call->encoding, call->method->input,
                           rpc_server_options(call->server)->message_max_bytes, call->arena,
                           &request, st));
    free(TAKE(call->request));
    *ret_request = request;
    return STATUS_OK;
}

/* Decodes, calls the handler, encodes. */
static status_code run_handler(struct rpc_call *call, struct rpc_message **ret_response,
                               struct status *st)
{
    const struct rpc_server_method *method = call->method;
    const void *request = NULL;
    ProtobufCMessage *response = NULL;

    if (rpc_call_has_ended(call))
        return rpc_call_fail_ended(call, st);
    if (method->kind == RPC_UNARY || method->kind == RPC_SERVER_STREAM)
        TRY(decode_request(call, &request, st));
    if (method->kind == RPC_UNARY || method->kind == RPC_CLIENT_STREAM) {
        response = arena_alloc(call->arena, method->output->sizeof_message);
        if (response == NULL)
            return FAIL_MEMORY(st);
        protobuf_c_message_init(method->output, response);
    }
    TRY(method->function(call, request, response, method->data, st));
    if (response != NULL)
        TRY(rpc_message_encode(response, rpc_server_options(call->server)->message_max_bytes,
                               rpc_call_sends_gzip(call), ret_response, st));
    return STATUS_OK;
}

static bool is_gone(const void *call)
{
    return rpc_call_is_cancelled(call);
}

static void run_call(struct rpc_call *call)
{
    static const struct status ok = {.code = STATUS_OK};
    struct status st;
    struct rpc_message *response = NULL;

    struct trace_context before = trace_context_swap(call->trace);
    struct wanted wanted_before = wanted_swap((struct wanted){is_gone, call});
    status_code code = run_handler(call, &response, &st);
    (void)wanted_swap(wanted_before);
    (void)trace_context_swap(before);
    rpc_call_on_cancel(call, NULL, NULL);
    end_call(call, response, code == STATUS_OK ? &ok : &st);
}

static void run_task(struct rpc_task *task)
{
    run_call(RPC_CONTAINER(task, struct rpc_call, task));
}

static void run_detached(struct rpc_call *call)
{
    const void *request = NULL;
    struct status st;

    if (decode_request(call, &request, &st) != STATUS_OK ||
        call->method->function(call, request, NULL, call->method->data, &st) != STATUS_OK)
        rpc_call_finish(call, &st);
}

static void run_pooled(struct rpc_call *call)
{
    struct status st;

    if (rpc_server_loop_submit(call->loop, &call->task))
        return;
    (void)rpc_call_fail_overloaded(&st);
    rpc_call_finish(call, &st);
}

void rpc_call_dispatch(struct rpc_call *call, struct rpc_message *request)
{
    if (call->has_dispatched) {
        free(request);
        return;
    }
    call->has_dispatched = true;
    call->request = request;
    switch (call->method->run) {
    case RPC_RUN_POOLED:
        run_pooled(call);
        break;
    case RPC_RUN_INLINE:
        run_call(call);
        break;
    case RPC_RUN_DETACHED:
        run_detached(call);
        break;
    case RPC_RUN_EACH: /* rpc_call_each_go_on() */
        break;
    }
}

/* Health and reflection are nobody's work. */
static void begin_trace(struct rpc_call *call)
{
    if (!call->method->is_told)
        return;
    const struct trace_context received =
        rpc_trace_received(rpc_fields_get(&call->received, STR(RPC_TRACEPARENT)),
                           rpc_fields_get(&call->received, STR(RPC_TRACESTATE)));
    call->span = rpc_trace_begin(TRACE_SERVER, call->method->path, &received, &call->trace);
}

static bool is_authorized(struct rpc_call *call, struct status *st)
{
    const struct rpc_server_options *options = rpc_server_options(call->server);

    return options->authorize == NULL ||
           options->authorize(call, options->authorize_data, st) == STATUS_OK;
}

/* False where there is no memory for what the call needs. */
static bool prepare(struct rpc_call *call)
{
    if (call->arena == NULL)
        call->arena = arena_new(rpc_server_options(call->server)->arena_max_bytes);
    call->timer.time = call->deadline;
    return call->arena != NULL &&
           (call->deadline == TIME_NEVER || rpc_server_loop_add_deadline(call->loop, call));
}

void rpc_call_begin(struct rpc_call *call)
{
    struct status st = {0};

    if (!prepare(call)) {
        (void)FAIL_MEMORY(&st);
        rpc_call_refuse(call, "200", &st);
        return;
    }
    call->arrival_time = time_mono();
    call->runs = true;
    begin_trace(call);
    if (!is_authorized(call, &st)) {
        rpc_call_input_stop(call);
        call->has_dispatched = true;
        rpc_call_finish(call, &st);
    } else if (call->method->run == RPC_RUN_EACH) {
        call->has_dispatched = true;
    } else if (call->method->kind == RPC_CLIENT_STREAM || call->method->kind == RPC_BIDI_STREAM) {
        rpc_call_dispatch(call, NULL);
    }
}

/* --- cancellation --- */

bool rpc_call_has_ended(const struct rpc_call *call)
{
    return atomic_load_explicit(&call->is_cancelled, memory_order_acquire) ||
           time_mono() >= call->deadline;
}

static void run_on_cancel(struct rpc_call *call)
{
    pthread_mutex_lock(&call->mutex);
    void (*function)(void *arg) = call->on_cancel;
    void *arg = call->on_cancel_arg;
    call->on_cancel = NULL;
    call->cancel_running = function != NULL;
    call->cancel_thread = pthread_self();
    pthread_mutex_unlock(&call->mutex);
    if (function == NULL)
        return;
    function(arg);
    pthread_mutex_lock(&call->mutex);
    call->cancel_running = false;
    pthread_cond_broadcast(&call->changed);
    pthread_mutex_unlock(&call->mutex);
}

/* Whoever waits looks at `is_cancelled` after having said so. */
static void wake_runner(struct rpc_call *call)
{
    rpc_server_loop_lock(call->loop);
    rpc_call_wake_reader_and_unlock(call);
    if (atomic_load(&call->writes) && atomic_exchange(&call->writes, false))
        rpc_latch_set(&call->writing);
}

void rpc_call_tell_cancelled(struct rpc_call *call)
{
    struct status st;

    if (!call->runs || atomic_exchange(&call->is_cancelled, true))
        return;
    wake_runner(call);
    rpc_call_tell_followers(call);
    run_on_cancel(call);
    if (!call->has_dispatched) { /* nobody runs it yet */
        call->has_dispatched = true;
        (void)rpc_call_fail_ended(call, &st);
        rpc_call_finish(call, &st);
    } else if (call->method->run == RPC_RUN_EACH) {
        rpc_call_each_go_on(call);
    }
}

void rpc_call_stream_gone(struct rpc_call *call)
{
    call->connection = NULL;
    rpc_call_input_stop(call);
    rpc_call_drop_output(call);
    rpc_call_tell_cancelled(call);
    rpc_call_release_if_over(call);
}

void rpc_call_on_cancel(struct rpc_call *call, void (*function)(void *arg), void *arg)
{
    pthread_mutex_lock(&call->mutex);
    bool is_late = function != NULL && atomic_load(&call->is_cancelled);
    call->on_cancel = is_late ? NULL : function;
    call->on_cancel_arg = arg;
    while (function == NULL && call->cancel_running &&
           !pthread_equal(call->cancel_thread, pthread_self()))
        pthread_cond_wait(&call->changed, &call->mutex);
    pthread_mutex_unlock(&call->mutex);
    if (is_late)
        function(arg);
}

bool rpc_call_is_cancelled(const struct rpc_call *call)
{
    return rpc_call_has_ended(call);
}
