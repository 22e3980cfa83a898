#include "lib/rpc/channel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <grpc/slice.h>
#include <grpc/support/time.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/service_config.h"
#include "lib/rpc/status_details.h"
#include "lib/rpc/trace_call.h"

enum { SPARE_QUEUES_MAX = 64 };

struct rpc_channel {
    atomic_bool has_been_ready;         /* of what rpc_channel_wait_first_ready() has seen */
    struct rpc_channel_options options; /* text is ours */
    pthread_mutex_t mutex;              /* for what follows */
    struct rpc_link *link;
    struct rpc_link *next; /* with newer certificates, until it is connected; or NULL */
    grpc_completion_queue *spare[SPARE_QUEUES_MAX];
    size_t spare_count;
};

static bool copy_text(const char *text, const char **ret_copy)
{
    if (text != NULL)
        *ret_copy = strdup(text);
    return text == NULL || *ret_copy != NULL;
}

static status_code copy_service_config(const struct rpc_channel_options *options,
                                       const char **ret_config, struct status *st)
{
    char *config = NULL;

    if (options->service_config == NULL)
        TRY(rpc_service_config_new(options->descriptor_set, options->descriptor_set_size, &config,
                                   st));
    else if ((config = strdup(options->service_config)) == NULL)
        return FAIL_MEMORY(st);
    *ret_config = config;
    return STATUS_OK;
}

status_code rpc_channel_new(const struct rpc_channel_options *options,
                            struct rpc_channel **ret_channel, struct status *st)
{
    _cleanup_(rpc_channel_freep) struct rpc_channel *channel = calloc(1, sizeof(*channel));

    if (channel == NULL)
        return FAIL_MEMORY(st);
    (void)pthread_mutex_init(&channel->mutex, NULL);
    channel->options = (struct rpc_channel_options){
        .identity = options->identity,
        .dns_interval_ms = options->dns_interval_ms,
        .keepalive_ms = options->keepalive_ms,
        .reconnect_max_ms = options->reconnect_max_ms,
    };
    if (!copy_text(options->target, &channel->options.target) ||
        !copy_text(options->peer_id, &channel->options.peer_id))
        return FAIL_MEMORY(st);
    TRY(copy_service_config(options, &channel->options.service_config, st));
    rpc_core_start();
    TRY(rpc_link_new(&channel->options, &channel->link, st));
    *ret_channel = TAKE(channel);
    return STATUS_OK;
}

static void destroy_queue(grpc_completion_queue *queue)
{
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_destroy(queue);
}

void rpc_channel_free(struct rpc_channel *channel)
{
    if (channel == NULL)
        return;
    rpc_link_unrefp(&channel->link);
    rpc_link_unrefp(&channel->next);
    for (size_t i = 0; i < channel->spare_count; i++)
        destroy_queue(channel->spare[i]);
    pthread_mutex_destroy(&channel->mutex);
    free((char *)channel->options.target);
    free((char *)channel->options.peer_id);
    free((char *)channel->options.service_config);
    free(channel);
}

/* Makes `next` where the certificates are newer than both links'. When that fails, calls go on as
 * they are, and the next one tries again. */
static void follow_certificates(struct rpc_channel *channel)
{
    const struct rpc_link *newest = channel->next != NULL ? channel->next : channel->link;
    struct rpc_link *next;
    struct status st;

    if (rpc_identity_generation(channel->options.identity) == newest->generation)
        return;
    if (rpc_link_new(&channel->options, &next, &st) != STATUS_OK) {
        log_failure(LOG_WARNING, "a channel keeps its certificates", &st,
                    LOG_STRING("target", channel->options.target));
        return;
    }
    rpc_link_unrefp(&channel->next);
    channel->next = next;
}

/* The link for a call. A new one is connected before it takes over, so that no call waits for it,
 * or fails with it while the one before still has its connections. */
static struct rpc_link *take_link(struct rpc_channel *channel)
{
    struct rpc_link *before = NULL;

    pthread_mutex_lock(&channel->mutex);
    if (channel->options.identity != NULL)
        follow_certificates(channel);
    if (channel->next != NULL &&
        (rpc_link_connect(channel->next) == GRPC_CHANNEL_READY ||
         grpc_channel_check_connectivity_state(channel->link->core, 0) != GRPC_CHANNEL_READY)) {
        before = channel->link;
        channel->link = TAKE(channel->next);
    }
    struct rpc_link *link = rpc_link_ref(channel->link);
    pthread_mutex_unlock(&channel->mutex);
    if (before != NULL)
        rpc_link_unref(before);
    return link;
}

grpc_completion_queue *rpc_channel_take_queue(struct rpc_channel *channel)
{
    grpc_completion_queue *queue = NULL;

    pthread_mutex_lock(&channel->mutex);
    if (channel->spare_count > 0)
        queue = channel->spare[--channel->spare_count];
    pthread_mutex_unlock(&channel->mutex);
    return queue != NULL ? queue : grpc_completion_queue_create_for_next(NULL);
}

void rpc_channel_return_queue(struct rpc_channel *channel, grpc_completion_queue *queue)
{
    pthread_mutex_lock(&channel->mutex);
    bool is_kept = channel->spare_count < SPARE_QUEUES_MAX;
    if (is_kept)
        channel->spare[channel->spare_count++] = queue;
    pthread_mutex_unlock(&channel->mutex);
    if (!is_kept)
        destroy_queue(queue);
}

status_code rpc_channel_wait_ready(struct rpc_channel *channel, int64_t deadline, struct status *st)
{
    gpr_timespec core_deadline = rpc_deadline_to_core(deadline);
    _cleanup_(rpc_link_unrefp) struct rpc_link *link = take_link(channel);
    grpc_completion_queue *queue = rpc_channel_take_queue(channel);
    grpc_connectivity_state state;
    bool is_late = false;

    while ((state = rpc_link_connect(link)) != GRPC_CHANNEL_READY && !is_late) {
        /* The watch itself ends at the deadline. */
        grpc_channel_watch_connectivity_state(link->core, state, core_deadline, queue, channel);
        grpc_event event =
            grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        is_late = !event.success;
    }
    rpc_channel_return_queue(channel, queue);
    if (state != GRPC_CHANNEL_READY)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "there is no connection to %.200s",
                    channel->options.target);
    return STATUS_OK;
}

status_code rpc_channel_wait_first_ready(struct rpc_channel *channel, int64_t deadline,
                                         struct status *st)
{
    if (atomic_load(&channel->has_been_ready))
        return STATUS_OK;
    TRY(rpc_channel_wait_ready(channel, deadline, st));
    atomic_store(&channel->has_been_ready, true);
    return STATUS_OK;
}

/* --- calls --- */

static const struct trace_context *trace_of(const struct rpc_call_options *options)
{
    if (options->trace != NULL)
        return options->trace;
    return options->parent != NULL ? &options->parent->trace : trace_context_current();
}

static status_code add_headers(struct rpc_client_call *call, const struct rpc_call_options *options,
                               const struct trace_context *trace, struct status *st)
{
    char traceparent[TRACEPARENT_SIZE];

    trace_context_format(trace, traceparent);
    if (traceparent[0] != '\0' &&
        !rpc_metadata_out_add_internal(&call->headers, RPC_TRACEPARENT, str_of(traceparent)))
        return FAIL_MEMORY(st);
    if (trace->is_valid && trace->state[0] != '\0' &&
        !rpc_metadata_out_add_internal(&call->headers, RPC_TRACESTATE, str_of(trace->state)))
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < options->metadata.count; i++)
        TRY(rpc_metadata_out_add(&call->headers, options->metadata.entries[i].key,
                                 options->metadata.entries[i].value, st));
    if (options->compress &&
        !rpc_metadata_out_add_internal(&call->headers, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY,
                                       STR("gzip")))
        return FAIL_MEMORY(st);
    if (options->wait_for_ready)
        call->header_flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY |
                             GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
    return STATUS_OK;
}

static void cancel_with_parent(struct rpc_follower *follower)
{
    (void)grpc_call_cancel(RPC_CONTAINER(follower, struct rpc_client_call, following)->core, NULL);
}

/* The earlier one of the call's own and its parent's. */
static int64_t deadline_of(const struct rpc_call_options *options)
{
    const int64_t own = options->deadline != 0 ? options->deadline : TIME_NEVER;

    if (options->parent == NULL)
        return own;
    const int64_t inherited = rpc_call_deadline(options->parent);
    return inherited < own ? inherited : own;
}

status_code rpc_client_call_init(struct rpc_client_call *call, struct rpc_channel *channel,
                                 const struct rpc_method *method,
                                 const struct rpc_call_options *options,
                                 grpc_completion_queue *queue, struct status *st)
{
    static const struct rpc_call_options no_options = {0};
    char path[RPC_PATH_MAX];

    if (options == NULL)
        options = &no_options;
    *call = (struct rpc_client_call){
        .types = protobuf_c_service_descriptor_get_method_by_name(method->service, method->name)};
    if (call->types == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%s has no method %s", method->service->name,
                    method->name);
    /* A quick server would answer before core's timer, which counts in milliseconds, goes off. */
    const int64_t deadline = deadline_of(options);
    if (deadline <= time_mono())
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, NULL, "the call's deadline passed");
    TRY(rpc_path(method->service->name, method->name, path, st));
    struct trace_context trace;
    call->span = rpc_trace_begin(TRACE_CLIENT, path, trace_of(options), &trace);
    status_code code = add_headers(call, options, &trace, st);
    if (code != STATUS_OK) {
        trace_span_drop(TAKE(call->span));
        rpc_metadata_out_deinit(&call->headers);
        return code;
    }
    call->code = GRPC_STATUS_UNKNOWN; /* until core says */

    grpc_slice path_slice = grpc_slice_from_copied_string(path);
    call->link = take_link(channel);
    call->core = grpc_channel_create_call(call->link->core, NULL, GRPC_PROPAGATE_DEFAULTS, queue,
                                          path_slice, NULL, rpc_deadline_to_core(deadline), NULL);
    grpc_slice_unref(path_slice);
    grpc_metadata_array_init(&call->received_headers);
    grpc_metadata_array_init(&call->received_trailers);
    call->message = grpc_empty_slice();
    if (options->parent != NULL) {
        call->following.on_cancel = cancel_with_parent;
        rpc_call_follow(options->parent, &call->following);
    }
    return STATUS_OK;
}

void rpc_client_call_deinit(struct rpc_client_call *call)
{
    if (call->core == NULL)
        return;
    rpc_call_unfollow(&call->following);
    rpc_trace_end(TAKE(call->span), TRACE_CLIENT, (status_code)call->code);
    rpc_metadata_out_deinit(&call->headers);
    grpc_metadata_array_destroy(&call->received_headers);
    grpc_metadata_array_destroy(&call->received_trailers);
    grpc_slice_unref(call->message);
    grpc_call_unref(TAKE(call->core));
    rpc_link_unrefp(&call->link);
}

grpc_op rpc_client_op_headers(const struct rpc_client_call *call)
{
    grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA, .flags = call->header_flags};

    op.data.send_initial_metadata.count = call->headers.count;
    op.data.send_initial_metadata.metadata = call->headers.entries;
    return op;
}

grpc_op rpc_client_op_message(grpc_byte_buffer *buffer)
{
    grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};

    op.data.send_message.send_message = buffer;
    return op;
}

grpc_op rpc_client_op_close(void)
{
    return (grpc_op){.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
}

grpc_op rpc_client_op_receive_headers(struct rpc_client_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_INITIAL_METADATA};

    op.data.recv_initial_metadata.recv_initial_metadata = &call->received_headers;
    return op;
}

grpc_op rpc_client_op_receive_message(grpc_byte_buffer **buffer)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = buffer;
    return op;
}

grpc_op rpc_client_op_receive_status(struct rpc_client_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};

    op.data.recv_status_on_client.trailing_metadata = &call->received_trailers;
    op.data.recv_status_on_client.status = &call->code;
    op.data.recv_status_on_client.status_details = &call->message;
    return op;
}

status_code rpc_client_call_status(const struct rpc_client_call *call, struct status *st)
{
    struct str message = rpc_slice_view(&call->message);
    status_code code = (status_code)call->code;

    if (code == STATUS_OK)
        return STATUS_OK;
    if ((unsigned)code > STATUS_UNAUTHENTICATED)
        code = STATUS_UNKNOWN;
    (void)FAIL(st, code, NULL, "%.*s", (int)message.n, message.p);
    for (size_t i = 0; i < call->received_trailers.count; i++) {
        const grpc_metadata *trailer = &call->received_trailers.metadata[i];
        if (grpc_slice_str_cmp(trailer->key, "grpc-status-details-bin") == 0)
            status_details_decode(rpc_slice_view(&trailer->value), st);
    }
    return code;
}
