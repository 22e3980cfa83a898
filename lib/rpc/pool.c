#include "lib/rpc/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include <grpc/support/time.h>

#include "lib/rpc/event.h"

enum {
    /* Threads that wait in the completion queue at the same time: one works in the transport
     * while the other takes what it found. */
    POLLERS_MAX = 2,
};

struct rpc_pool {
    grpc_completion_queue *queue;
    int threads_max; /* handlers at once */
    int queue_max;

    pthread_mutex_t mutex;
    pthread_cond_t wake; /* parked threads wait here */
    int running;         /* threads in a handler */
    int pollers;         /* threads in the completion queue, or on their way there */
    int parked;          /* threads that wait for work */
    int wakeups;         /* parked threads that were told to poll and have not woken yet */
    bool is_stopping;
    struct rpc_task *first, **last;
    int queue_length;

    int thread_count;
    pthread_t threads[]; /* threads_max + POLLERS_MAX */
};

static void *thread_main(void *data)
{
    struct rpc_pool *pool = data;

    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(pool->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            return NULL;
        if (event.type == GRPC_OP_COMPLETE)
            rpc_event_fire(event.tag, event.success != 0);
    }
}

/* Signals are the main thread's business. */
static bool start_thread(struct rpc_pool *pool)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&pool->threads[pool->thread_count], NULL, thread_main, pool);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return false;
    (void)pthread_setname_np(pool->threads[pool->thread_count], "rpc");
    pool->thread_count++;
    return true;
}

status_code rpc_pool_new(grpc_completion_queue *queue, int threads_max, int queue_max,
                         struct rpc_pool **ret_pool, struct status *st)
{
    int all = threads_max + POLLERS_MAX;
    struct rpc_pool *pool = calloc(1, sizeof(*pool) + (size_t)all * sizeof(pool->threads[0]));

    if (pool == NULL)
        return FAIL_MEMORY(st);
    pool->queue = queue;
    pool->threads_max = threads_max;
    pool->queue_max = queue_max;
    pool->last = &pool->first;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->wake, NULL);
    while (pool->pollers < POLLERS_MAX && start_thread(pool))
        pool->pollers++;
    if (pool->pollers == 0) {
        free(pool);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread can be started");
    }
    *ret_pool = pool;
    return STATUS_OK;
}

void rpc_pool_free(struct rpc_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->wake);
    int thread_count = pool->thread_count;
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

/* Makes sure that someone polls while the calling poller does something else. */
static bool hand_over_polling(struct rpc_pool *pool)
{
    if (pool->pollers > 1)
        return true;
    if (pool->parked > pool->wakeups) {
        pool->wakeups++;
        pthread_cond_signal(&pool->wake);
    } else if (!start_thread(pool)) {
        return false;
    }
    pool->pollers++;
    return true;
}

static void enqueue(struct rpc_pool *pool, struct rpc_task *task)
{
    task->next = NULL;
    *pool->last = task;
    pool->last = &task->next;
    pool->queue_length++;
}

static struct rpc_task *dequeue(struct rpc_pool *pool)
{
    struct rpc_task *task = pool->first;

    if (task != NULL) {
        pool->first = task->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
        pool->queue_length--;
    }
    return task;
}

/* Back from handlers: polls again, or waits until it is needed. */
static void return_to_polling(struct rpc_pool *pool)
{
    if (pool->pollers < POLLERS_MAX) {
        pool->pollers++;
        return;
    }
    pool->parked++;
    while (pool->wakeups == 0 && !pool->is_stopping)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    if (pool->wakeups > 0)
        pool->wakeups--;
    pool->parked--;
}

/* Whether the calling thread may run a task; then it has handed over its place among the pollers.
 */
static bool claim_thread(struct rpc_pool *pool)
{
    if (pool->running >= pool->threads_max || !hand_over_polling(pool))
        return false;
    pool->running++;
    pool->pollers--;
    return true;
}

/* Only behind a running task: that one's thread fetches it. */
static bool keep_task(struct rpc_pool *pool, struct rpc_task *task)
{
    if (pool->running == 0 || pool->queue_length >= pool->queue_max)
        return false;
    enqueue(pool, task);
    return true;
}

/* This task, then those that wait. */
static void run_tasks(struct rpc_pool *pool, struct rpc_task *task)
{
    do {
        pthread_mutex_unlock(&pool->mutex);
        task->run(task);
        pthread_mutex_lock(&pool->mutex);
    } while ((task = dequeue(pool)) != NULL);
    pool->running--;
    return_to_polling(pool);
}

bool rpc_pool_submit(struct rpc_pool *pool, struct rpc_task *task)
{
    pthread_mutex_lock(&pool->mutex);
    bool is_claimed = claim_thread(pool);
    if (!is_claimed) {
        pthread_mutex_unlock(&pool->mutex);
        task->before_wait(task);
        pthread_mutex_lock(&pool->mutex);
        is_claimed = claim_thread(pool); /* one may have become free */
    }
    bool is_taken = is_claimed || keep_task(pool, task);
    if (is_claimed)
        run_tasks(pool, task);
    pthread_mutex_unlock(&pool->mutex);
    return is_taken;
}
