#include "lib/rpc/server_loop.h"

#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/log/log.h"
#include "lib/rpc/call_output.h"
#include "lib/rpc/connection.h"
#include "lib/rpc/listener.h"
#include "lib/rpc/server_internal.h"

enum {
    SPARE_CALLS_MAX = 64, /* kept for reuse */
    TICK_MS = 1000,       /* of what is measured in seconds: silence, age */
    SOCKETS_MAX = 64,     /* that wait to be taken from another loop; more are closed */
};

struct rpc_server_loop {
    struct rpc_server *server;
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_timer_t look, tick, deadline;
    pthread_t thread;
    struct wire_buffers buffers;

    struct rpc_listener *listener; /* NULL: another loop listens */
    struct rpc_connection *connections, *dirty;
    struct rpc_deadlines deadlines;
    struct rpc_call *spare;
    int spare_count;
    bool has_submitted; /* tasks, in this turn */
    bool is_draining, is_stopping;

    atomic_bool is_awake;   /* what is posted is seen before it sleeps */
    atomic_bool is_looking; /* what is posted is seen within RPC_POOL_LOOK_MS */
    atomic_bool has_posted;

    pthread_mutex_t mutex; /* for what follows, and what calls share */
    struct rpc_call *posted, **posted_last;
    unsigned orders;
    int sockets[SOCKETS_MAX];
    int socket_count;
};

struct rpc_server *rpc_server_loop_server(const struct rpc_server_loop *loop)
{
    return loop->server;
}

uv_loop_t *rpc_server_loop_uv(struct rpc_server_loop *loop)
{
    return &loop->uv;
}

struct wire_buffers *rpc_server_loop_buffers(struct rpc_server_loop *loop)
{
    return &loop->buffers;
}

struct rpc_connection **rpc_server_loop_connections(struct rpc_server_loop *loop)
{
    return &loop->connections;
}

struct rpc_connection **rpc_server_loop_dirty(struct rpc_server_loop *loop)
{
    return &loop->dirty;
}

bool rpc_server_loop_is_draining(const struct rpc_server_loop *loop)
{
    return loop->is_draining;
}

void rpc_server_loop_set_listener(struct rpc_server_loop *loop, struct rpc_listener *listener)
{
    loop->listener = listener;
}

/* --- from other threads --- */

void rpc_server_loop_lock(struct rpc_server_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
}

void rpc_server_loop_unlock(struct rpc_server_loop *loop)
{
    pthread_mutex_unlock(&loop->mutex);
}

/* Whoever posts says so first and looks at what the loop does afterwards; the loop does it the
 * other way round: one of the two sees the other. */
static void tell_posted(struct rpc_server_loop *loop)
{
    atomic_store(&loop->has_posted, true);
    if (atomic_load(&loop->is_awake))
        return;
    if (atomic_load(&loop->is_looking) && rpc_pool_waiting(rpc_server_pool(loop->server)))
        return;
    (void)uv_async_send(&loop->wake);
}

void rpc_server_loop_post_and_unlock(struct rpc_server_loop *loop, struct rpc_call *call)
{
    const bool is_new = !call->shared.is_posted;

    if (is_new) {
        call->shared.is_posted = true;
        call->shared.next_posted = NULL;
        *loop->posted_last = call;
        loop->posted_last = &call->shared.next_posted;
    }
    pthread_mutex_unlock(&loop->mutex);
    if (is_new)
        tell_posted(loop);
}

void rpc_server_loop_order(struct rpc_server_loop *loop, rpc_server_order order)
{
    pthread_mutex_lock(&loop->mutex);
    loop->orders |= order;
    pthread_mutex_unlock(&loop->mutex);
    atomic_store(&loop->has_posted, true);
    (void)uv_async_send(&loop->wake);
}

void rpc_server_loop_take_socket(struct rpc_server_loop *loop, int fd)
{
    pthread_mutex_lock(&loop->mutex);
    const bool is_taken = loop->socket_count < SOCKETS_MAX;
    if (is_taken)
        loop->sockets[loop->socket_count++] = fd;
    pthread_mutex_unlock(&loop->mutex);
    if (!is_taken) {
        (void)close(fd);
        rpc_server_uncount_connection(loop->server);
        return;
    }
    atomic_store(&loop->has_posted, true);
    (void)uv_async_send(&loop->wake);
}

/* --- calls --- */

bool rpc_server_loop_submit(struct rpc_server_loop *loop, struct rpc_task *task)
{
    loop->has_submitted = true;
    return rpc_pool_submit(rpc_server_pool(loop->server), task, time_mono());
}

struct rpc_call *rpc_server_loop_take_call(struct rpc_server_loop *loop)
{
    struct rpc_call *call = loop->spare;

    if (call != NULL) {
        loop->spare = call->next;
        loop->spare_count--;
    }
    return call;
}

void rpc_server_loop_return_call(struct rpc_server_loop *loop, struct rpc_call *call)
{
    if (loop->spare_count == SPARE_CALLS_MAX) {
        rpc_call_free(call);
        return;
    }
    call->next = loop->spare;
    loop->spare = call;
    loop->spare_count++;
}

static void on_deadline(uv_timer_t *timer);

static void set_deadline_timer(struct rpc_server_loop *loop)
{
    const struct rpc_deadline *first = rpc_deadlines_first(&loop->deadlines);

    if (first == NULL) {
        (void)uv_timer_stop(&loop->deadline);
        return;
    }
    const int64_t left_ns = first->time - time_mono();
    const uint64_t ms =
        left_ns <= 0 ? 0 : (uint64_t)((left_ns + NANOSECONDS_PER_MS - 1) / NANOSECONDS_PER_MS);
    uv_update_time(&loop->uv);
    (void)uv_timer_start(&loop->deadline, on_deadline, ms, 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct rpc_server_loop *loop = timer->data;
    const int64_t now = time_mono();
    struct rpc_deadline *first;

    while ((first = rpc_deadlines_first(&loop->deadlines)) != NULL && first->time <= now) {
        struct rpc_call *call = RPC_CONTAINER(first, struct rpc_call, timer);
        struct status st;

        rpc_deadlines_remove(&loop->deadlines, first);
        (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, NULL, "the call's deadline passed");
        rpc_call_abort(call, &st);
    }
    set_deadline_timer(loop);
}

bool rpc_server_loop_add_deadline(struct rpc_server_loop *loop, struct rpc_call *call)
{
    if (!rpc_deadlines_add(&loop->deadlines, &call->timer))
        return false;
    if (rpc_deadlines_first(&loop->deadlines) == &call->timer)
        set_deadline_timer(loop);
    return true;
}

/* The timer may go off for nothing, which costs less than to set it for each call. */
void rpc_server_loop_remove_deadline(struct rpc_server_loop *loop, struct rpc_call *call)
{
    rpc_deadlines_remove(&loop->deadlines, &call->timer);
}

/* --- a turn --- */

static void on_look(uv_timer_t *timer)
{
    struct rpc_server_loop *loop = timer->data;

    rpc_pool_look(rpc_server_pool(loop->server), time_mono());
}

/* Looks every millisecond from the first task that waits until none does. */
static void look_or_not(struct rpc_server_loop *loop)
{
    struct rpc_pool *pool = rpc_server_pool(loop->server);
    const bool is_looking = atomic_load(&loop->is_looking);

    if (loop->has_submitted) {
        loop->has_submitted = false;
        rpc_pool_wake(pool, time_mono());
    }
    const bool looks = rpc_pool_waiting(pool);
    if (looks == is_looking)
        return;
    atomic_store(&loop->is_looking, looks);
    if (looks)
        (void)uv_timer_start(&loop->look, on_look, RPC_POOL_LOOK_MS, RPC_POOL_LOOK_MS);
    else
        (void)uv_timer_stop(&loop->look);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void abort_connections(struct rpc_server_loop *loop)
{
    while (loop->connections != NULL)
        rpc_connection_abort(loop->connections);
}

static void drain(struct rpc_server_loop *loop)
{
    struct rpc_connection *next;

    loop->is_draining = true;
    if (loop->listener != NULL)
        rpc_listener_stop(loop->listener);
    for (struct rpc_connection *one = loop->connections; one != NULL; one = next) {
        next = rpc_connection_next(one);
        rpc_connection_drain(one);
    }
}

static void cancel_calls(struct rpc_server_loop *loop)
{
    struct status st;

    (void)FAIL(&st, STATUS_UNAVAILABLE, NULL, "the server is shutting down");
    for (struct rpc_connection *one = loop->connections; one != NULL;
         one = rpc_connection_next(one))
        rpc_connection_cancel_calls(one, &st);
}

static void stop(struct rpc_server_loop *loop)
{
    loop->is_stopping = true;
    if (loop->listener != NULL)
        rpc_listener_stop(loop->listener);
    abort_connections(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->before_poll, NULL);
    uv_close((uv_handle_t *)&loop->after_poll, NULL);
    uv_close((uv_handle_t *)&loop->look, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    uv_close((uv_handle_t *)&loop->deadline, NULL);
}

static void obey(struct rpc_server_loop *loop, unsigned orders)
{
    if ((orders & RPC_ORDER_LISTEN) != 0)
        rpc_listener_start(loop->listener, loop);
    if ((orders & RPC_ORDER_DRAIN) != 0)
        drain(loop);
    if ((orders & RPC_ORDER_CANCEL) != 0)
        cancel_calls(loop);
    if ((orders & RPC_ORDER_STOP) != 0)
        stop(loop);
}

/* What other threads left here. */
static void take_posted(struct rpc_server_loop *loop)
{
    int sockets[SOCKETS_MAX];

    pthread_mutex_lock(&loop->mutex);
    struct rpc_call *call = loop->posted;
    const unsigned orders = loop->orders;
    const int socket_count = loop->socket_count;
    for (int i = 0; i < socket_count; i++)
        sockets[i] = loop->sockets[i];
    loop->posted = NULL;
    loop->posted_last = &loop->posted;
    loop->orders = 0;
    loop->socket_count = 0;
    pthread_mutex_unlock(&loop->mutex);

    for (int i = 0; i < socket_count; i++)
        rpc_connection_open(loop, sockets[i]);
    while (call != NULL) {
        struct rpc_call *next = call->shared.next_posted;

        rpc_call_output(call);
        call = next;
    }
    obey(loop, orders);
}

static void flush_dirty(struct rpc_server_loop *loop)
{
    while (loop->dirty != NULL) {
        struct rpc_connection *connection = loop->dirty;

        loop->dirty = rpc_connection_next_dirty(connection);
        rpc_connection_flush(connection);
    }
}

static void take_turn(uv_prepare_t *prepare)
{
    struct rpc_server_loop *loop = prepare->data;

    do {
        atomic_store(&loop->is_awake, true);
        while (atomic_exchange(&loop->has_posted, false))
            take_posted(loop);
        if (loop->is_stopping)
            return;
        look_or_not(loop);
        flush_dirty(loop);
        atomic_store(&loop->is_awake, false);
    } while (atomic_load(&loop->has_posted));
}

static void after_poll(uv_check_t *check)
{
    struct rpc_server_loop *loop = check->data;

    atomic_store(&loop->is_awake, true);
}

/* take_turn() does what is to be done. */
static void on_wake(uv_async_t *wake)
{
}

static void on_tick(uv_timer_t *timer)
{
    struct rpc_server_loop *loop = timer->data;
    const int64_t now = time_mono();
    struct rpc_connection *next;

    if (loop->listener != NULL)
        rpc_listener_tick(loop->listener);
    for (struct rpc_connection *one = loop->connections; one != NULL; one = next) {
        next = rpc_connection_next(one);
        rpc_connection_tick(one, now);
    }
}

/* --- life --- */

static void *loop_main(void *data)
{
    struct rpc_server_loop *loop = data;

    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

static bool open_handles(struct rpc_server_loop *loop)
{
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0)
        return false;
    (void)uv_prepare_init(&loop->uv, &loop->before_poll);
    (void)uv_check_init(&loop->uv, &loop->after_poll);
    (void)uv_timer_init(&loop->uv, &loop->look);
    (void)uv_timer_init(&loop->uv, &loop->tick);
    (void)uv_timer_init(&loop->uv, &loop->deadline);
    loop->before_poll.data = loop->after_poll.data = loop;
    loop->look.data = loop->tick.data = loop->deadline.data = loop;
    (void)uv_prepare_start(&loop->before_poll, take_turn);
    (void)uv_check_start(&loop->after_poll, after_poll);
    (void)uv_timer_start(&loop->tick, on_tick, TICK_MS, TICK_MS);
    return true;
}

status_code rpc_server_loop_new(struct rpc_server *server, struct rpc_server_loop **ret_loop,
                                struct status *st)
{
    struct rpc_server_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return FAIL_MEMORY(st);
    loop->server = server;
    loop->posted_last = &loop->posted;
    (void)pthread_mutex_init(&loop->mutex, NULL);
    if (uv_loop_init(&loop->uv) != 0) {
        pthread_mutex_destroy(&loop->mutex);
        free(loop);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no event loop can be made");
    }
    if (!open_handles(loop) || !thread_start(&loop->thread, "rpc-loop", loop_main, loop)) {
        uv_walk(&loop->uv, close_handle, NULL);
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
        (void)uv_loop_close(&loop->uv);
        pthread_mutex_destroy(&loop->mutex);
        free(loop);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread can be started");
    }
    *ret_loop = loop;
    return STATUS_OK;
}

void rpc_server_loop_free(struct rpc_server_loop *loop)
{
    if (loop == NULL)
        return;
    rpc_server_loop_order(loop, RPC_ORDER_STOP);
    (void)pthread_join(loop->thread, NULL);
    (void)uv_loop_close(&loop->uv);
    for (struct rpc_call *call; (call = rpc_server_loop_take_call(loop)) != NULL;)
        rpc_call_free(call);
    rpc_deadlines_deinit(&loop->deadlines);
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}
