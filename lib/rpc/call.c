#include "lib/rpc/call.h"

#include <string.h>

#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>

#include "lib/base/clock.h"
#include "lib/base/wanted.h"
#include "lib/rpc/call_each.h"
#include "lib/rpc/call_io.h"
#include "lib/rpc/codec.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/status_details.h"

enum {
    OPS_MAX = 4, /* headers, message, status, close */
    /* A spare call keeps its arenas while they are no larger than this. */
    ARENA_KEPT_MAX_BYTES = 65536,
    OVERLOAD_RETRY_MS = 1000, /* when a caller that was refused may ask again */
    /* Who lets go of a call: `finished`, and the one who runs it; `closed` where it is watched. */
    HOLDERS = 2,
};

static const char details_key[] = "grpc-status-details-bin";

/* --- life time --- */

static void on_arrived(struct rpc_event *event, bool is_ok);
static void on_closed(struct rpc_event *event, bool is_ok);
static void on_finished(struct rpc_event *event, bool is_ok);
static void watch_task(struct rpc_task *task);
static void run_task(struct rpc_task *task);

struct rpc_call *rpc_call_new(struct rpc_server *server)
{
    struct rpc_call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->server = server;
    (void)pthread_mutex_init(&call->mutex, NULL);
    (void)pthread_cond_init(&call->changed, NULL);
    grpc_metadata_array_init(&call->received);
    call->arrived.run = on_arrived;
    call->closed.run = on_closed;
    call->finished.run = on_finished;
    rpc_call_io_init(call);
    rpc_call_each_init(call);
    call->task.before_wait = watch_task;
    call->task.run = run_task;
    return call;
}

void rpc_call_free(struct rpc_call *call)
{
    if (call == NULL)
        return;
    grpc_metadata_array_destroy(&call->received);
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

/* Makes a call that is over as good as new. */
static void renew(struct rpc_call *call)
{
    rpc_metadata_out_deinit(&call->headers);
    rpc_metadata_out_deinit(&call->trailers);
    if (call->method->registered == NULL)
        grpc_call_details_destroy(&call->details);
    grpc_byte_buffer_destroy(TAKE(call->payload));
    grpc_byte_buffer_destroy(TAKE(call->sending));
    grpc_byte_buffer_destroy(TAKE(call->receiving));
    gpr_free(TAKE(call->peer));
    call->received.count = 0;
    if (call->core != NULL)
        grpc_call_unref(TAKE(call->core));
    recycle_arena(&call->arena);
    recycle_arena(&call->message_arena);
    trace_span_drop(TAKE(call->span)); /* of a call that could not even be answered */
    call->trace = (struct trace_context){.is_valid = false};
    call->has_metadata = false;
    call->peer_id = NULL;
    call->distrusts_forwarded = false;
    call->headers_sent = false;
    call->compresses = false;
    call->write_failed = false;
    call->on_written = NULL;
    call->close_cancelled = 0;
    atomic_store_explicit(&call->is_watched, false, memory_order_relaxed);
    atomic_store_explicit(&call->is_cancelled, false, memory_order_relaxed);
}

static void retire(struct rpc_call *call)
{
    renew(call);
    rpc_server_return_call(call->server, call);
}

static void let_go(struct rpc_call *call)
{
    if (atomic_fetch_sub_explicit(&call->holders, 1, memory_order_acq_rel) == 1)
        retire(call);
}

bool rpc_call_request(struct rpc_server_method *method)
{
    struct rpc_server *server = method->server;
    grpc_completion_queue *queue = rpc_server_queue(server);
    grpc_call_error error;

    if (rpc_server_is_draining(server))
        return false;
    struct rpc_call *call = rpc_server_take_call(server);
    if (call == NULL)
        return false;
    call->method = method;
    rpc_event_arm(&call->arrived);
    if (method->registered != NULL) {
        bool has_payload = method->kind == RPC_UNARY || method->kind == RPC_SERVER_STREAM;
        error = grpc_server_request_registered_call(
            rpc_server_core(server), method->registered, &call->core, &call->core_deadline,
            &call->received, has_payload ? &call->payload : NULL, queue, queue, &call->arrived);
    } else {
        grpc_call_details_init(&call->details);
        error = grpc_server_request_call(rpc_server_core(server), &call->core, &call->details,
                                         &call->received, queue, queue, &call->arrived);
    }
    if (error != GRPC_CALL_OK) {
        renew(call);
        rpc_server_give_back_call(server, call);
        return false;
    }
    return true;
}

/* --- being told of the end --- */

static grpc_op close_op(struct rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};

    op.data.recv_close_on_server.cancelled = &call->close_cancelled;
    return op;
}

/* Lets core tell on `closed` when the client cancels, which it does at once where that has happened
 * before. Most unary calls are over before anyone asks: they hear of it with their end, which takes
 * a twentieth less of the processor. */
static void watch(struct rpc_call *call)
{
    const grpc_op op = close_op(call);

    if (atomic_exchange_explicit(&call->is_watched, true, memory_order_acq_rel))
        return;
    atomic_fetch_add_explicit(&call->holders, 1, memory_order_relaxed);
    rpc_event_arm(&call->closed);
    if (grpc_call_start_batch(call->core, &op, 1, &call->closed, NULL) != GRPC_CALL_OK)
        let_go(call);
}

/* --- the end --- */

/* Sends what is left of the answer: headers, `response` (may be NULL), status. */
static void start_finish(struct rpc_call *call, grpc_byte_buffer *response, const struct status *st)
{
    grpc_op ops[OPS_MAX];
    size_t count = 0;
    grpc_slice message = grpc_empty_slice();

    if (!call->headers_sent)
        ops[count++] = rpc_call_headers_op(call);
    if (response != NULL) {
        call->sending = response;
        ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
        ops[count++].data.send_message.send_message = response;
    }
    ops[count] = (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER};
    struct grpc_op_send_status_from_server *end = &ops[count].data.send_status_from_server;
    count++;
    if (st->code != STATUS_OK) {
        struct str details = status_details_encode(st, call->arena);
        /* Without memory for the details the code and the message still tell. */
        if (details.n > 0)
            (void)!rpc_metadata_out_add_internal(&call->trailers, details_key, details);
        message = grpc_slice_from_copied_string(st->message);
        end->status_details = &message;
    }
    end->status = (grpc_status_code)st->code;
    end->trailing_metadata_count = call->trailers.count;
    end->trailing_metadata = call->trailers.entries;
    if (!atomic_exchange_explicit(&call->is_watched, true, memory_order_acq_rel))
        ops[count++] = close_op(call);

    rpc_event_arm(&call->finished);
    if (grpc_call_start_batch(call->core, ops, count, &call->finished, NULL) != GRPC_CALL_OK) {
        (void)grpc_call_cancel_with_status(call->core, GRPC_STATUS_INTERNAL,
                                           "the answer could not be sent", NULL);
        let_go(call);
    }
    grpc_slice_unref(message);
}

static void on_finished(struct rpc_event *event, bool is_ok)
{
    let_go(RPC_CONTAINER(event, struct rpc_call, finished));
}

/* --- running --- */

static void end_call(struct rpc_call *call, grpc_byte_buffer *response, const struct status *st)
{
    const struct rpc_server_options *options = rpc_server_options(call->server);

    start_finish(call, response, st);
    if (options->on_call_end != NULL && call->method->is_told) {
        struct trace_context before = trace_context_swap(call->trace);

        options->on_call_end(call, st, time_mono() - call->arrival_time, options->on_call_end_data);
        (void)trace_context_swap(before);
    }
    rpc_trace_end(TAKE(call->span), TRACE_SERVER, st->code);
    let_go(call);
}

static void end_with_failure(struct rpc_call *call, const struct status *st)
{
    end_call(call, NULL, st);
}

void rpc_call_finish(struct rpc_call *call, const struct status *st)
{
    rpc_call_on_cancel(call, NULL, NULL);
    end_call(call, NULL, st);
}

static status_code decode_request(struct rpc_call *call, const void **ret_request,
                                  struct status *st)
{
    void *request;

    if (call->payload == NULL) {
        if (grpc_call_failed_before_recv_message(call->core))
            return rpc_call_fail_ended(call, st);
        /* gRPC's status code table gives this code for a request that is missing. */
        return FAIL(st, STATUS_UNIMPLEMENTED, NULL, "%s takes one request, none was sent",
                    call->method->path);
    }
    TRY(rpc_decode(call->payload, call->method->input,
                   rpc_server_options(call->server)->message_max_bytes, STATUS_INVALID_ARGUMENT,
                   call->arena, &request, st));
    *ret_request = request;
    return STATUS_OK;
}

/* As far as core has told. */
static bool has_ended(const struct rpc_call *call)
{
    return atomic_load_explicit(&call->is_cancelled, memory_order_acquire) ||
           time_mono() >= call->deadline;
}

/* Decodes, calls the handler, encodes. */
static status_code run_handler(struct rpc_call *call, grpc_byte_buffer **ret_response,
                               struct status *st)
{
    const struct rpc_server_method *method = call->method;
    const void *request = NULL;
    ProtobufCMessage *response = NULL;

    if (has_ended(call))
        return rpc_call_fail_ended(call, st);
    if (method->kind == RPC_UNARY || method->kind == RPC_SERVER_STREAM)
        TRY(decode_request(call, &request, st));
    grpc_byte_buffer_destroy(TAKE(call->payload));
    if (method->kind == RPC_UNARY || method->kind == RPC_CLIENT_STREAM) {
        response = arena_alloc(call->arena, method->output->sizeof_message);
        if (response == NULL)
            return FAIL_MEMORY(st);
        protobuf_c_message_init(method->output, response);
    }
    TRY(method->function(call, request, response, method->data, st));
    if (response != NULL)
        TRY(rpc_encode(response, rpc_server_options(call->server)->message_max_bytes, ret_response,
                       st));
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
    grpc_byte_buffer *response = NULL;

    struct trace_context before = trace_context_swap(call->trace);
    struct wanted wanted_before = wanted_swap((struct wanted){is_gone, call});
    status_code code = run_handler(call, &response, &st);
    (void)wanted_swap(wanted_before);
    (void)trace_context_swap(before);
    rpc_call_on_cancel(call, NULL, NULL);
    rpc_call_wait_written(call);
    end_call(call, response, code == STATUS_OK ? &ok : &st);
}

static void run_detached(struct rpc_call *call)
{
    const void *request = NULL;
    struct status st;

    if (decode_request(call, &request, &st) != STATUS_OK ||
        call->method->function(call, request, NULL, call->method->data, &st) != STATUS_OK)
        rpc_call_finish(call, &st);
}

/* It may be cancelled before it runs. */
static void watch_task(struct rpc_task *task)
{
    watch(RPC_CONTAINER(task, struct rpc_call, task));
}

static void run_task(struct rpc_task *task)
{
    run_call(RPC_CONTAINER(task, struct rpc_call, task));
}

static void refuse_unknown(struct rpc_call *call)
{
    struct status st;
    struct str method = rpc_slice_view(&call->details.method);

    (void)FAIL(&st, STATUS_UNIMPLEMENTED, NULL, "this server does not offer %.*s",
               (int)(method.n < RPC_PATH_MAX ? method.n : RPC_PATH_MAX), method.p);
    end_with_failure(call, &st);
}

/* Health and reflection are nobody's work. */
static void begin_trace(struct rpc_call *call)
{
    const struct trace_context received = rpc_trace_received(&call->received);

    if (call->method->is_told)
        call->span = rpc_trace_begin(TRACE_SERVER, call->method->path, &received, &call->trace);
}

static bool prepare_arenas(struct rpc_call *call)
{
    size_t limit = rpc_server_options(call->server)->arena_max_bytes;

    if (call->arena == NULL)
        call->arena = arena_new(limit);
    if (call->message_arena == NULL)
        call->message_arena = arena_new(limit);
    return call->arena != NULL && call->message_arena != NULL;
}

static bool is_authorized(struct rpc_call *call, struct status *st)
{
    const struct rpc_server_options *options = rpc_server_options(call->server);

    return options->authorize == NULL ||
           options->authorize(call, options->authorize_data, st) == STATUS_OK;
}

status_code rpc_call_fail_overloaded(struct status *st)
{
    (void)FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OVERLOADED",
               "the server works on as many calls as it can, try again later");
    st->retry_after_ms = OVERLOAD_RETRY_MS;
    return st->code;
}

static void on_arrived(struct rpc_event *event, bool is_ok)
{
    struct rpc_call *call = RPC_CONTAINER(event, struct rpc_call, arrived);
    struct rpc_server_method *method = call->method;
    struct status st;

    if (!is_ok) {
        retire(call);
        return;
    }
    if (!rpc_call_request(method)) /* the slot for the next one */
        rpc_server_miss_slot(method);

    atomic_store_explicit(&call->holders, HOLDERS, memory_order_relaxed);
    if (method->kind != RPC_UNARY)
        watch(call);

    call->arrival_time = time_mono();
    begin_trace(call);
    if (!prepare_arenas(call)) {
        /* Not even an answer can be made. */
        (void)grpc_call_cancel_with_status(call->core, GRPC_STATUS_RESOURCE_EXHAUSTED,
                                           "out of memory", NULL);
        let_go(call); /* for `finished`, which does not come */
        let_go(call);
        return;
    }
    if (method->registered == NULL) {
        refuse_unknown(call);
        return;
    }
    call->deadline = rpc_deadline_from_core(call->core_deadline);
    if (!is_authorized(call, &st)) {
        end_with_failure(call, &st);
        return;
    }
    switch (method->run) {
    case RPC_RUN_POOLED:
        if (!rpc_pool_submit(rpc_server_pool(call->server), &call->task)) {
            (void)rpc_call_fail_overloaded(&st);
            end_with_failure(call, &st);
        }
        break;
    case RPC_RUN_INLINE:
        run_call(call);
        break;
    case RPC_RUN_DETACHED:
        run_detached(call);
        break;
    case RPC_RUN_EACH:
        rpc_call_each_start(call);
        break;
    }
}

/* --- cancellation --- */

static void on_closed(struct rpc_event *event, bool is_ok)
{
    struct rpc_call *call = RPC_CONTAINER(event, struct rpc_call, closed);

    if (call->close_cancelled) {
        pthread_mutex_lock(&call->mutex);
        atomic_store_explicit(&call->is_cancelled, true, memory_order_release);
        void (*function)(void *arg) = call->on_cancel;
        void *arg = call->on_cancel_arg;
        call->on_cancel = NULL;
        call->cancel_running = function != NULL;
        call->cancel_thread = pthread_self();
        pthread_mutex_unlock(&call->mutex);
        if (function != NULL) {
            function(arg);
            pthread_mutex_lock(&call->mutex);
            call->cancel_running = false;
            pthread_cond_broadcast(&call->changed);
            pthread_mutex_unlock(&call->mutex);
        }
    }
    let_go(call);
}

void rpc_call_on_cancel(struct rpc_call *call, void (*function)(void *arg), void *arg)
{
    if (function != NULL)
        watch(call);
    pthread_mutex_lock(&call->mutex);
    bool is_late = function != NULL && has_ended(call);
    call->on_cancel = is_late ? NULL : function;
    call->on_cancel_arg = arg;
    while (function == NULL && call->cancel_running &&
           !pthread_equal(call->cancel_thread, pthread_self()))
        pthread_cond_wait(&call->changed, &call->mutex);
    pthread_mutex_unlock(&call->mutex);
    if (is_late)
        function(arg);
}

bool rpc_call_is_cancelled(const struct rpc_call *const_call)
{
    struct rpc_call *call =
        (struct rpc_call *)const_call; /* watched from when it is first asked for */

    watch(call);
    return has_ended(call);
}

/* --- what a handler may ask --- */

const struct rpc_metadata *rpc_call_metadata(const struct rpc_call *const_call)
{
    struct rpc_call *call = (struct rpc_call *)const_call; /* made when it is first asked for */

    if (!call->has_metadata) {
        call->metadata = rpc_metadata_view(&call->received, call->arena);
        call->has_metadata = true;
    }
    return &call->metadata;
}

const char *rpc_call_peer(const struct rpc_call *const_call)
{
    struct rpc_call *call = (struct rpc_call *)const_call; /* made when it is first asked for */

    if (call->peer == NULL)
        call->peer = grpc_call_get_peer(call->core);
    return call->peer;
}

/* Core names it for a certificate with exactly one URI alone. */
static const char *read_peer_id(struct rpc_call *call)
{
    grpc_auth_context *context;
    const char *id = NULL;

    if (rpc_server_options(call->server)->identity == NULL)
        return "";
    context = grpc_call_auth_context(call->core);
    if (context == NULL)
        return "";
    grpc_auth_property_iterator properties =
        grpc_auth_context_find_properties_by_name(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
    const grpc_auth_property *property = grpc_auth_property_iterator_next(&properties);
    if (property != NULL)
        id = arena_strndup(call->arena, property->value, property->value_length);
    grpc_auth_context_release(context);
    return id != NULL ? id : "";
}

const char *rpc_call_peer_id(const struct rpc_call *const_call)
{
    struct rpc_call *call = (struct rpc_call *)const_call; /* made when it is first asked for */

    if (call->peer_id == NULL)
        call->peer_id = read_peer_id(call);
    return call->peer_id;
}

void rpc_call_distrust_forwarded(struct rpc_call *call)
{
    call->distrusts_forwarded = true;
}

bool rpc_call_is_forwarded_distrusted(const struct rpc_call *call)
{
    return call->distrusts_forwarded;
}

const char *rpc_call_method(const struct rpc_call *call)
{
    return call->method->path;
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return call->arena;
}

int64_t rpc_call_deadline(const struct rpc_call *call)
{
    return call->deadline;
}

int64_t rpc_call_deadline_within(const struct rpc_call *call, int64_t max_ms)
{
    int64_t latest = time_mono_after_ms(max_ms);

    return call->deadline < latest ? call->deadline : latest;
}

/* Core hands cancellation on once it has told of it. */
grpc_call *rpc_call_core(struct rpc_call *call)
{
    watch(call);
    return call->core;
}
