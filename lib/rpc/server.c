#include "lib/rpc/server.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <grpc/grpc.h>
#include <grpc/support/time.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/rpc/call.h"
#include "lib/rpc/credentials.h"
#include "lib/rpc/descriptors.h"
#include "lib/rpc/health.h"
#include "lib/rpc/reflection.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server_internal.h"

enum {
    THREADS_DEFAULT = 64,
    QUEUE_DEFAULT = 256,
    ARENA_DEFAULT_BYTES = 64 << 20,
    /* Calls of one method that core may hand over before the first is taken. */
    SLOTS_PER_METHOD = 4,
    SPARE_CALLS_MAX = 64,      /* kept for reuse */
    STREAMS_MAX = 1024,        /* calls at once on one connection */
    KEEPALIVE_TIME_MS = 60000, /* a silent client is asked whether it is there */
    KEEPALIVE_TIMEOUT_MS = 20000,
    CLIENT_PING_MIN_MS = 10000, /* clients may ask as often as this */
    /* How long a server that is NOT_SERVING still takes calls: clients that watch its health hear
     * of it and go elsewhere. Core cancels a call that meets the shutdown on its way. */
    LAME_DUCK_MS = 250,
};

struct rpc_server {
    struct rpc_server_options options;
    grpc_server *core;
    grpc_completion_queue *queue;
    struct rpc_server_certificates certificates;
    struct rpc_pool *pool;
    int port;

    struct rpc_server_method *methods;
    size_t method_count, method_capacity;
    struct rpc_descriptors *descriptors;
    struct rpc_health *health;
    struct rpc_reflection *reflection;

    struct rpc_event shut_down;
    atomic_bool is_draining;
    atomic_long calls;        /* slots and calls that core knows */
    atomic_int missing_slots; /* of all methods */
    bool is_drained;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    bool is_shut_down;
    struct rpc_call *spare;
    int spare_count;
};

/* --- as its calls see it --- */

struct rpc_call *rpc_server_take_call(struct rpc_server *server)
{
    pthread_mutex_lock(&server->mutex);
    struct rpc_call *call = server->spare;
    if (call != NULL) {
        server->spare = call->next_free;
        server->spare_count--;
    }
    pthread_mutex_unlock(&server->mutex);
    if (call == NULL)
        call = rpc_call_new(server);
    if (call != NULL)
        atomic_fetch_add(&server->calls, 1);
    return call;
}

static void keep_spare(struct rpc_server *server, struct rpc_call *call)
{
    pthread_mutex_lock(&server->mutex);
    bool is_kept = server->spare_count < SPARE_CALLS_MAX;
    if (is_kept) {
        call->next_free = server->spare;
        server->spare = call;
        server->spare_count++;
    }
    pthread_mutex_unlock(&server->mutex);
    if (!is_kept)
        rpc_call_free(call);
}

/* One call less; the last one ends a drain, after which the server may be gone. */
static void count_down(struct rpc_server *server)
{
    if (atomic_fetch_sub(&server->calls, 1) == 1 && atomic_load(&server->is_draining)) {
        pthread_mutex_lock(&server->mutex);
        pthread_cond_broadcast(&server->changed);
        pthread_mutex_unlock(&server->mutex);
    }
}

void rpc_server_miss_slot(struct rpc_server_method *method)
{
    atomic_fetch_add(&method->missing_slots, 1);
    atomic_fetch_add(&method->server->missing_slots, 1);
}

static bool claim_missing_slot(struct rpc_server_method *method)
{
    int missing = atomic_load(&method->missing_slots);

    while (missing > 0)
        if (atomic_compare_exchange_weak(&method->missing_slots, &missing, missing - 1)) {
            atomic_fetch_sub(&method->server->missing_slots, 1);
            return true;
        }
    return false;
}

static void offer_missing_slots(struct rpc_server *server)
{
    for (size_t i = 0; i < server->method_count && atomic_load(&server->missing_slots) > 0; i++)
        while (claim_missing_slot(&server->methods[i]))
            if (!rpc_call_request(&server->methods[i])) {
                rpc_server_miss_slot(&server->methods[i]);
                return;
            }
}

void rpc_server_give_back_call(struct rpc_server *server, struct rpc_call *call)
{
    keep_spare(server, call);
    count_down(server);
}

void rpc_server_return_call(struct rpc_server *server, struct rpc_call *call)
{
    keep_spare(server, call);
    if (!rpc_server_is_draining(server))
        offer_missing_slots(server);
    count_down(server);
}

grpc_server *rpc_server_core(const struct rpc_server *server)
{
    return server->core;
}

grpc_completion_queue *rpc_server_queue(const struct rpc_server *server)
{
    return server->queue;
}

struct rpc_pool *rpc_server_pool(const struct rpc_server *server)
{
    return server->pool;
}

bool rpc_server_is_draining(const struct rpc_server *server)
{
    return atomic_load(&server->is_draining);
}

const struct rpc_server_options *rpc_server_options(const struct rpc_server *server)
{
    return &server->options;
}

/* --- methods --- */

static status_code add_method(struct rpc_server *server, const char *service, const char *name,
                              const ProtobufCServiceDescriptor *descriptor,
                              const struct rpc_handler *handler, rpc_run run, void *data,
                              struct status *st)
{
    struct rpc_server_method *method = &server->methods[server->method_count];
    const ProtobufCMethodDescriptor *types =
        protobuf_c_service_descriptor_get_method_by_name(descriptor, name);
    char path[RPC_PATH_MAX];
    rpc_kind kind;

    assert(server->method_count < server->method_capacity);
    if (types == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%s has no method %s", service, name);
    if (!rpc_descriptors_kind(server->descriptors, service, name, &kind))
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "no descriptor of %s/%s", service, name);
    if (kind != handler->kind)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "the handler of %s/%s is not of the kind that the .proto says", service, name);
    if (handler->each != NULL && kind != RPC_BIDI_STREAM)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "%s/%s is no bidirectional stream: it cannot be answered message by message",
                    service, name);
    TRY(rpc_path(service, name, path, st));
    *method = (struct rpc_server_method){
        .server = server,
        .path = strdup(path),
        .kind = kind,
        .run = handler->each != NULL ? RPC_RUN_EACH : run,
        .function = handler->each != NULL ? handler->each : handler->function,
        .input = types->input,
        .output = types->output,
        .data = data,
    };
    if (method->path == NULL)
        return FAIL_MEMORY(st);
    server->method_count++;
    method->registered = grpc_server_register_method(server->core, method->path, NULL,
                                                     kind == RPC_UNARY || kind == RPC_SERVER_STREAM
                                                         ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                                                         : GRPC_SRM_PAYLOAD_NONE,
                                                     0);
    if (method->registered == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%s is served twice", method->path);
    return STATUS_OK;
}

static status_code add_methods(struct rpc_server *server, const struct rpc_service *const *services,
                               size_t service_count, struct status *st)
{
    /* v1alpha has v1's wire format: one implementation, one set of types. */
    static const char *const reflection_services[] = {"grpc.reflection.v1.ServerReflection",
                                                      "grpc.reflection.v1alpha.ServerReflection"};
    const struct rpc_service *health = rpc_health_service();
    const struct rpc_service *reflection = rpc_reflection_service();

    server->method_capacity = health->handler_count +
                              ARRAY_LENGTH(reflection_services) * reflection->handler_count +
                              1; /* everything unknown */
    for (size_t i = 0; i < service_count; i++)
        server->method_capacity += services[i]->handler_count;
    server->methods = calloc(server->method_capacity, sizeof(server->methods[0]));
    if (server->methods == NULL)
        return FAIL_MEMORY(st);

    for (size_t i = 0; i < service_count; i++) {
        const struct rpc_service *service = services[i];
        for (size_t j = 0; j < service->handler_count; j++) {
            TRY(add_method(server, service->descriptor->name, service->handlers[j].name,
                           service->descriptor, &service->handlers[j], RPC_RUN_POOLED,
                           service->data, st));
            server->methods[server->method_count - 1].is_told = true;
        }
        TRY(rpc_health_add(server->health, service->descriptor->name, st));
        TRY(rpc_reflection_add(server->reflection, service->descriptor->name, st));
    }
    for (size_t i = 0; i < health->handler_count; i++)
        TRY(add_method(server, health->descriptor->name, health->handlers[i].name,
                       health->descriptor, &health->handlers[i],
                       health->handlers[i].kind == RPC_UNARY ? RPC_RUN_INLINE : RPC_RUN_DETACHED,
                       server->health, st));
    TRY(rpc_reflection_add(server->reflection, health->descriptor->name, st));
    for (size_t i = 0; i < ARRAY_LENGTH(reflection_services); i++) {
        TRY(add_method(server, reflection_services[i], reflection->handlers[0].name,
                       reflection->descriptor, &reflection->handlers[0], RPC_RUN_POOLED,
                       server->reflection, st));
        TRY(rpc_reflection_add(server->reflection, reflection_services[i], st));
    }
    server->methods[server->method_count++] = (struct rpc_server_method){.server = server};
    return STATUS_OK;
}

/* --- life time --- */

static int or_for_ever(int64_t ms)
{
    return ms > 0 && ms < INT_MAX ? (int)ms : INT_MAX; /* core's "never" */
}

static grpc_server *new_core(const struct rpc_server_options *options)
{
    grpc_arg args[] = {
        RPC_ARG_INT(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                    (int)options->message_max_bytes * RPC_CORE_LIMIT_FACTOR),
        RPC_ARG_INT(GRPC_ARG_MAX_METADATA_SIZE, RPC_METADATA_MAX_BYTES),
        RPC_ARG_INT(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0), /* inflate.h */
        RPC_ARG_INT(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        RPC_ARG_INT(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, RPC_LOOKAHEAD_BYTES),
        RPC_ARG_INT(GRPC_ARG_MAX_CONCURRENT_STREAMS, STREAMS_MAX),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIME_MS, KEEPALIVE_TIME_MS),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
        RPC_ARG_INT(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        RPC_ARG_INT(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0), /* core's two would be the last */
        RPC_ARG_INT(GRPC_ARG_MAX_CONNECTION_AGE_MS, or_for_ever(options->connection_age_ms)),
        RPC_ARG_INT(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                    or_for_ever(options->connection_grace_ms)),
        RPC_ARG_INT(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, CLIENT_PING_MIN_MS),
        /* A second process on the same port is a mistake that must show. */
        RPC_ARG_INT(GRPC_ARG_ALLOW_REUSEPORT, 0),
    };
    grpc_channel_args list = {ARRAY_LENGTH(args), args};

    return grpc_server_create(&list, NULL);
}

static status_code listen_on(struct rpc_server *server, struct status *st)
{
    const struct rpc_server_options *options = &server->options;
    grpc_server_credentials *credentials;

    TRY(rpc_server_credentials(&server->certificates, &credentials, st));
    server->port = grpc_server_add_http2_port(server->core, options->address, credentials);
    grpc_server_credentials_release(credentials);
    if (server->port == 0)
        return FAIL(st, STATUS_UNAVAILABLE, "ADDRESS_IN_USE", "the address %s cannot be bound",
                    options->address);
    return STATUS_OK;
}

static void on_shut_down(struct rpc_event *event, bool is_ok)
{
    struct rpc_server *server = RPC_CONTAINER(event, struct rpc_server, shut_down);

    pthread_mutex_lock(&server->mutex);
    server->is_shut_down = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}

static struct rpc_server *server_alloc(const struct rpc_server_options *options)
{
    struct rpc_server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return NULL;
    server->options = *options;
    server->certificates.identity = options->identity;
    if (server->options.threads_max <= 0)
        server->options.threads_max = THREADS_DEFAULT;
    if (server->options.queue_max <= 0)
        server->options.queue_max = QUEUE_DEFAULT;
    if (server->options.arena_max_bytes == 0)
        server->options.arena_max_bytes = ARENA_DEFAULT_BYTES;
    if (server->options.message_max_bytes == 0)
        server->options.message_max_bytes = RPC_MESSAGE_MAX_BYTES;
    server->shut_down.run = on_shut_down;
    (void)pthread_mutex_init(&server->mutex, NULL);
    wait_init(&server->changed);
    return server;
}

static status_code server_start(struct rpc_server *server,
                                const struct rpc_service *const *services, size_t service_count,
                                struct status *st)
{
    const struct rpc_server_options *options = &server->options;

    TRY(rpc_descriptors_new(options->descriptor_set, options->descriptor_set_size,
                            &server->descriptors, st));
    TRY(rpc_health_new(&server->health, st));
    TRY(rpc_reflection_new(server->descriptors, &server->reflection, st));
    server->core = new_core(options);
    server->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(server->core, server->queue, NULL);
    TRY(add_methods(server, services, service_count, st));
    TRY(listen_on(server, st));
    TRY(rpc_pool_new(server->queue, options->threads_max, options->queue_max, &server->pool, st));
    grpc_server_start(server->core);
    for (size_t i = 0; i < server->method_count; i++)
        for (int slot = 0; slot < SLOTS_PER_METHOD; slot++)
            if (!rpc_call_request(&server->methods[i]))
                return FAIL_MEMORY(st);
    return STATUS_OK;
}

status_code rpc_server_new(const struct rpc_server_options *options,
                           const struct rpc_service *const *services, size_t service_count,
                           struct rpc_server **ret_server, struct status *st)
{
    _cleanup_(rpc_server_freep) struct rpc_server *server = server_alloc(options);

    if (server == NULL)
        return FAIL_MEMORY(st);
    TRY(server_start(server, services, service_count, st));
    *ret_server = TAKE(server);
    return STATUS_OK;
}

int rpc_server_port(const struct rpc_server *server)
{
    return server->port;
}

void rpc_server_set_serving(struct rpc_server *server, const char *service, bool is_serving)
{
    rpc_health_set(server->health, service, is_serving);
}

/* Waits until core is shut down and has given every call back; false at the deadline. */
static bool wait_until_over(struct rpc_server *server, int64_t deadline)
{
    bool is_over;

    pthread_mutex_lock(&server->mutex);
    while (!(is_over = server->is_shut_down && atomic_load(&server->calls) == 0) &&
           wait_until(&server->changed, &server->mutex, deadline))
        ;
    pthread_mutex_unlock(&server->mutex);
    return is_over;
}

/* Takes calls as before for a short part of the grace; returns the time that it took. */
static int64_t be_lame_duck(int64_t grace_ms)
{
    int64_t ms = grace_ms / 4 < LAME_DUCK_MS ? grace_ms / 4 : LAME_DUCK_MS;
    struct timespec pause = {.tv_nsec = ms * NANOSECONDS_PER_MS};

    while (nanosleep(&pause, &pause) != 0) {
        /* a signal: go on with what is left */
    }
    return ms;
}

void rpc_server_drain(struct rpc_server *server, int64_t grace_ms)
{
    if (server->is_drained)
        return;
    if (grace_ms < 0)
        grace_ms = 0;
    rpc_health_stop(server->health);
    grace_ms -= be_lame_duck(grace_ms);
    atomic_store(&server->is_draining, true);
    rpc_event_arm(&server->shut_down);
    grpc_server_shutdown_and_notify(server->core, server->queue, &server->shut_down);
    rpc_reflection_stop(server->reflection);
    if (!wait_until_over(server, time_mono_after_ms(grace_ms))) {
        grpc_server_cancel_all_calls(server->core);
        (void)wait_until_over(server, TIME_NEVER);
    }
    server->is_drained = true;
}

/* A server whose start failed half-way: core wants its shutdown seen, and no thread polls. */
static void shut_down_unstarted(struct rpc_server *server)
{
    grpc_event event;

    grpc_server_shutdown_and_notify(server->core, server->queue, &server->shut_down);
    grpc_completion_queue_shutdown(server->queue);
    do {
        event =
            grpc_completion_queue_next(server->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    } while (event.type != GRPC_QUEUE_SHUTDOWN);
}

static void free_core(struct rpc_server *server)
{
    if (server->core == NULL)
        return;
    if (server->pool != NULL) {
        rpc_server_drain(server, 0);
        grpc_completion_queue_shutdown(server->queue);
        rpc_pool_free(server->pool);
    } else {
        shut_down_unstarted(server);
    }
    grpc_server_destroy(server->core);
    grpc_completion_queue_destroy(server->queue);
}

void rpc_server_free(struct rpc_server *server)
{
    if (server == NULL)
        return;
    free_core(server);
    while (server->spare != NULL) {
        struct rpc_call *next = server->spare->next_free;
        rpc_call_free(server->spare);
        server->spare = next;
    }
    for (size_t i = 0; i < server->method_count; i++)
        free(server->methods[i].path);
    free(server->methods);
    rpc_reflection_free(server->reflection);
    rpc_health_free(server->health);
    rpc_descriptors_free(server->descriptors);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
