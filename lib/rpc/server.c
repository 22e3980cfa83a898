#include "lib/rpc/server.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/rpc/descriptors.h"
#include "lib/rpc/health.h"
#include "lib/rpc/listener.h"
#include "lib/rpc/methods.h"
#include "lib/rpc/reflection.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/server_loop.h"
#include "lib/rpc/server_tls.h"

enum {
    THREADS_DEFAULT = 64,
    QUEUE_DEFAULT = 256,
    ARENA_DEFAULT_BYTES = 64 << 20,
    CONNECTIONS_MAX = 4096, /* at once; the next one is closed */
    LOOPS_MAX = 4,
    CORES_PER_LOOP = 2, /* the other one is for handlers */
    /* How long a server that is NOT_SERVING still takes calls: clients that watch its health hear
     * of it and go elsewhere, before a call finds the port closed. */
    LAME_DUCK_MS = 250,
    /* For clients to close their connections, once no call is left. */
    CLOSING_MS = 250,
};

struct rpc_server {
    struct rpc_server_options options;
    struct rpc_server_tls *tls;
    struct rpc_listener *listener;
    struct rpc_pool *pool;
    struct rpc_server_loop *loops[LOOPS_MAX];
    unsigned loop_count;
    atomic_uint next_loop;

    struct rpc_methods methods;
    struct rpc_descriptors *descriptors;
    struct rpc_health *health;
    struct rpc_reflection *reflection;

    atomic_bool is_draining;
    atomic_int connections;
    atomic_long calls;
    bool is_drained;

    pthread_mutex_t mutex; /* for whoever waits until the counts above are 0 */
    pthread_cond_t changed;
};

/* --- as its loops and calls see it --- */

struct rpc_pool *rpc_server_pool(const struct rpc_server *server)
{
    return server->pool;
}

const struct rpc_server_options *rpc_server_options(const struct rpc_server *server)
{
    return &server->options;
}

struct rpc_server_tls *rpc_server_tls(const struct rpc_server *server)
{
    return server->tls;
}

struct rpc_server_loop *rpc_server_next_loop(struct rpc_server *server)
{
    return server->loops[atomic_fetch_add(&server->next_loop, 1) % server->loop_count];
}

/* One less of what a drain waits for. Nothing of the server is the caller's afterwards. */
static void tell_change(struct rpc_server *server)
{
    pthread_mutex_lock(&server->mutex);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}

bool rpc_server_count_connection(struct rpc_server *server)
{
    if (atomic_fetch_add(&server->connections, 1) < CONNECTIONS_MAX)
        return true;
    atomic_fetch_sub(&server->connections, 1);
    return false;
}

void rpc_server_uncount_connection(struct rpc_server *server)
{
    if (atomic_fetch_sub(&server->connections, 1) == 1 && atomic_load(&server->is_draining))
        tell_change(server);
}

void rpc_server_count_call(struct rpc_server *server)
{
    atomic_fetch_add_explicit(&server->calls, 1, memory_order_relaxed);
}

void rpc_server_uncount_call(struct rpc_server *server)
{
    if (atomic_fetch_sub(&server->calls, 1) == 1 && atomic_load(&server->is_draining))
        tell_change(server);
}

const struct rpc_server_method *rpc_server_find_method(const struct rpc_server *server,
                                                       struct str path)
{
    return rpc_methods_find(&server->methods, path);
}

/* --- methods --- */

/* v1alpha has v1's wire format: one implementation, one set of types. */
static const char *const reflection_names[] = {"grpc.reflection.v1.ServerReflection",
                                               "grpc.reflection.v1alpha.ServerReflection"};

static size_t count_methods(const struct rpc_service *const *services, size_t service_count)
{
    size_t count = rpc_health_service()->handler_count +
                   ARRAY_LENGTH(reflection_names) * rpc_reflection_service()->handler_count;

    for (size_t i = 0; i < service_count; i++)
        count += services[i]->handler_count;
    return count;
}

static status_code add_service(struct rpc_server *server, const struct rpc_service *service,
                               struct status *st)
{
    const char *name = service->descriptor->name;

    for (size_t i = 0; i < service->handler_count; i++)
        TRY(rpc_methods_add(&server->methods, server->descriptors, name, service,
                            &service->handlers[i], RPC_RUN_POOLED, true, service->data, st));
    TRY(rpc_health_add(server->health, name, st));
    return rpc_reflection_add(server->reflection, name, st);
}

static status_code add_health(struct rpc_server *server, struct status *st)
{
    const struct rpc_service *service = rpc_health_service();
    const char *name = service->descriptor->name;

    for (size_t i = 0; i < service->handler_count; i++) {
        const struct rpc_handler *handler = &service->handlers[i];

        TRY(rpc_methods_add(&server->methods, server->descriptors, name, service, handler,
                            handler->kind == RPC_UNARY ? RPC_RUN_INLINE : RPC_RUN_DETACHED, false,
                            server->health, st));
    }
    return rpc_reflection_add(server->reflection, name, st);
}

static status_code add_reflection(struct rpc_server *server, const char *name, struct status *st)
{
    const struct rpc_service *service = rpc_reflection_service();

    for (size_t i = 0; i < service->handler_count; i++)
        TRY(rpc_methods_add(&server->methods, server->descriptors, name, service,
                            &service->handlers[i], RPC_RUN_POOLED, false, server->reflection, st));
    return rpc_reflection_add(server->reflection, name, st);
}

static status_code add_methods(struct rpc_server *server, const struct rpc_service *const *services,
                               size_t service_count, struct status *st)
{
    if (!rpc_methods_init(&server->methods, count_methods(services, service_count)))
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < service_count; i++)
        TRY(add_service(server, services[i], st));
    TRY(add_health(server, st));
    for (size_t i = 0; i < ARRAY_LENGTH(reflection_names); i++)
        TRY(add_reflection(server, reflection_names[i], st));
    return rpc_methods_sort(&server->methods, st);
}

/* --- life time --- */

static struct rpc_server *server_alloc(const struct rpc_server_options *options)
{
    struct rpc_server *server = calloc(1, sizeof(*server));

    if (server == NULL)
        return NULL;
    server->options = *options;
    if (server->options.threads_max <= 0)
        server->options.threads_max = THREADS_DEFAULT;
    if (server->options.queue_max <= 0)
        server->options.queue_max = QUEUE_DEFAULT;
    if (server->options.arena_max_bytes == 0)
        server->options.arena_max_bytes = ARENA_DEFAULT_BYTES;
    if (server->options.message_max_bytes == 0)
        server->options.message_max_bytes = RPC_MESSAGE_MAX_BYTES;
    (void)pthread_mutex_init(&server->mutex, NULL);
    wait_init(&server->changed);
    return server;
}

static status_code start_loops(struct rpc_server *server, struct status *st)
{
    cpu_set_t cores;
    int wanted =
        sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) / CORES_PER_LOOP : 1;

    if (wanted > LOOPS_MAX)
        wanted = LOOPS_MAX;
    do {
        TRY(rpc_server_loop_new(server, &server->loops[server->loop_count], st));
        server->loop_count++;
    } while ((int)server->loop_count < wanted);
    return STATUS_OK;
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
    TRY(add_methods(server, services, service_count, st));
    if (options->identity != NULL)
        TRY(rpc_server_tls_new(options->identity, &server->tls, st));
    TRY(rpc_listener_new(server, options->address, &server->listener, st));
    TRY(rpc_pool_new(options->threads_max, options->queue_max, &server->pool, st));
    TRY(start_loops(server, st));
    rpc_server_loop_set_listener(server->loops[0], server->listener);
    rpc_server_loop_order(server->loops[0], RPC_ORDER_LISTEN);
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
    return rpc_listener_port(server->listener);
}

void rpc_server_set_serving(struct rpc_server *server, const char *service, bool is_serving)
{
    rpc_health_set(server->health, service, is_serving);
}

static void order_all(struct rpc_server *server, rpc_server_order order)
{
    for (unsigned i = 0; i < server->loop_count; i++)
        rpc_server_loop_order(server->loops[i], order);
}

static bool has_calls(const struct rpc_server *server)
{
    return atomic_load(&server->calls) > 0;
}

static bool has_connections(const struct rpc_server *server)
{
    return atomic_load(&server->connections) > 0;
}

/* False at the deadline. */
static bool wait_while(struct rpc_server *server, bool (*has_some)(const struct rpc_server *server),
                       int64_t deadline)
{
    bool has;

    pthread_mutex_lock(&server->mutex);
    while ((has = has_some(server)) && wait_until(&server->changed, &server->mutex, deadline))
        ;
    pthread_mutex_unlock(&server->mutex);
    return !has;
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
    order_all(server, RPC_ORDER_DRAIN);
    rpc_reflection_stop(server->reflection);
    /* Connections close once their last call is over: until then more may come on them. */
    const int64_t deadline = time_mono_after_ms(grace_ms);
    (void)wait_while(server, has_connections, deadline);
    if (!wait_while(server, has_calls, deadline)) {
        order_all(server, RPC_ORDER_CANCEL);
        (void)wait_while(server, has_calls, TIME_NEVER);
        (void)wait_while(server, has_connections, time_mono_after_ms(CLOSING_MS));
    }
    server->is_drained = true;
}

void rpc_server_free(struct rpc_server *server)
{
    if (server == NULL)
        return;
    if (server->loop_count > 0)
        rpc_server_drain(server, 0);
    /* Threads of the pool tell loops what they did, and loops submit to the pool. */
    if (server->pool != NULL)
        rpc_pool_stop(server->pool);
    for (unsigned i = 0; i < server->loop_count; i++)
        rpc_server_loop_free(server->loops[i]);
    rpc_pool_free(server->pool);
    rpc_listener_free(server->listener);
    rpc_server_tls_free(server->tls);
    rpc_methods_deinit(&server->methods);
    rpc_reflection_free(server->reflection);
    rpc_health_free(server->health);
    rpc_descriptors_free(server->descriptors);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
