#include "lib/rpc/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/rpc/latch.h"

enum {
    LOOK_NS = RPC_POOL_LOOK_MS * NANOSECONDS_PER_MS,
    SHORT_NS = 50000, /* a handler that has run for longer is taken to block */
};

/* One thread. */
struct worker {
    struct rpc_pool *pool;
    pthread_t thread;
    struct rpc_latch latch;   /* not set while it is idle */
    bool is_idle;             /* the pool's mutex */
    int64_t task_start;       /* the same; 0: it is in no task */
    struct worker *next_idle; /* the last one that became idle is woken first: its memory is warm */
};

struct rpc_pool {
    int threads_max, queue_max, core_count;
    atomic_int queue_length;

    pthread_mutex_t mutex; /* for what follows */
    struct rpc_task *first, **last;
    int busy;      /* threads in a task */
    int wake_next; /* threads that the next look wakes */
    struct worker *idle;
    bool is_stopping;
    int thread_count;
    struct worker workers[]; /* threads_max */
};

static void enqueue(struct rpc_pool *pool, struct rpc_task *task, int64_t now)
{
    task->submit_time = now;
    task->next = NULL;
    *pool->last = task;
    pool->last = &task->next;
    atomic_fetch_add_explicit(&pool->queue_length, 1, memory_order_seq_cst);
}

static struct rpc_task *dequeue(struct rpc_pool *pool)
{
    struct rpc_task *task = pool->first;

    if (task == NULL)
        return NULL;
    pool->first = task->next;
    if (pool->first == NULL)
        pool->last = &pool->first;
    atomic_fetch_sub_explicit(&pool->queue_length, 1, memory_order_seq_cst);
    return task;
}

/* --- the threads --- */

/* With the mutex, before and after. */
static void wait_idle(struct rpc_pool *pool, struct worker *worker)
{
    worker->next_idle = pool->idle;
    pool->idle = worker;
    worker->is_idle = true;
    rpc_latch_reset(&worker->latch);
    pthread_mutex_unlock(&pool->mutex);
    rpc_latch_wait(&worker->latch);
    pthread_mutex_lock(&pool->mutex);
}

static void run_task(struct worker *worker, struct rpc_task *task)
{
    struct rpc_pool *pool = worker->pool;

    pool->busy++;
    worker->task_start = time_mono();
    pthread_mutex_unlock(&pool->mutex);
    task->run(task);
    pthread_mutex_lock(&pool->mutex);
    worker->task_start = 0;
    pool->busy--;
}

static void *worker_main(void *data)
{
    struct worker *worker = data;
    struct rpc_pool *pool = worker->pool;
    struct rpc_task *task;

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        if ((task = dequeue(pool)) != NULL)
            run_task(worker, task);
        else if (pool->is_stopping)
            break;
        else
            wait_idle(pool, worker);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* With the mutex. */
static bool start_worker(struct rpc_pool *pool)
{
    struct worker *worker = &pool->workers[pool->thread_count];

    worker->pool = pool;
    if (!thread_start(&worker->thread, "rpc", worker_main, worker))
        return false;
    pool->thread_count++;
    return true;
}

static bool wake_one(struct rpc_pool *pool)
{
    struct worker *worker = pool->idle;

    if (worker == NULL)
        return pool->thread_count < pool->threads_max && start_worker(pool);
    pool->idle = worker->next_idle;
    worker->is_idle = false;
    rpc_latch_set(&worker->latch);
    return true;
}

static void wake_some(struct rpc_pool *pool, int count)
{
    const int waiting = atomic_load_explicit(&pool->queue_length, memory_order_relaxed);

    if (count > waiting)
        count = waiting;
    for (int i = 0; i < count && wake_one(pool); i++)
        ;
}

/* Threads that soon take the next task, up to the number of cores: those that neither wait for one
 * nor block in one. */
static int count_at_work(const struct rpc_pool *pool, int64_t now)
{
    int count = 0;

    for (int i = 0; i < pool->thread_count && count < pool->core_count; i++) {
        const struct worker *worker = &pool->workers[i];

        if (!worker->is_idle && (worker->task_start == 0 || now - worker->task_start < SHORT_NS))
            count++;
    }
    return count;
}

/* --- life --- */

static int count_cores(void)
{
    cpu_set_t cores;

    return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

status_code rpc_pool_new(int threads_max, int queue_max, struct rpc_pool **ret_pool,
                         struct status *st)
{
    struct rpc_pool *pool =
        calloc(1, sizeof(*pool) + (size_t)threads_max * sizeof(pool->workers[0]));

    if (pool == NULL)
        return FAIL_MEMORY(st);
    pool->threads_max = threads_max;
    pool->queue_max = queue_max;
    pool->core_count = count_cores();
    pool->wake_next = 1;
    pool->last = &pool->first;
    (void)pthread_mutex_init(&pool->mutex, NULL);
    /* One there must be; the others are started as they are needed. */
    pthread_mutex_lock(&pool->mutex);
    const bool is_started = start_worker(pool);
    pthread_mutex_unlock(&pool->mutex);
    if (!is_started) {
        rpc_pool_free(pool);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread can be started");
    }
    *ret_pool = pool;
    return STATUS_OK;
}

void rpc_pool_stop(struct rpc_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->is_stopping = true;
    while (pool->idle != NULL)
        (void)wake_one(pool);
    const int thread_count = pool->thread_count;
    pool->thread_count = 0;
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < thread_count; i++)
        (void)pthread_join(pool->workers[i].thread, NULL);
}

void rpc_pool_free(struct rpc_pool *pool)
{
    if (pool == NULL)
        return;
    rpc_pool_stop(pool);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

/* --- tasks --- */

bool rpc_pool_submit(struct rpc_pool *pool, struct rpc_task *task, int64_t now)
{
    pthread_mutex_lock(&pool->mutex);
    const bool is_taken =
        pool->busy + atomic_load_explicit(&pool->queue_length, memory_order_relaxed) <
        pool->threads_max + pool->queue_max;
    if (is_taken)
        enqueue(pool, task, now);
    pthread_mutex_unlock(&pool->mutex);
    return is_taken;
}

void rpc_pool_wake(struct rpc_pool *pool, int64_t now)
{
    if (!rpc_pool_waiting(pool))
        return;
    pthread_mutex_lock(&pool->mutex);
    wake_some(pool, pool->core_count - count_at_work(pool, now));
    pthread_mutex_unlock(&pool->mutex);
}

void rpc_pool_look(struct rpc_pool *pool, int64_t now)
{
    pthread_mutex_lock(&pool->mutex);
    if (pool->first != NULL && now - pool->first->submit_time >= LOOK_NS) {
        wake_some(pool, pool->wake_next);
        if (pool->wake_next < pool->threads_max)
            pool->wake_next *= 2;
    } else {
        pool->wake_next = 1;
    }
    pthread_mutex_unlock(&pool->mutex);
}

bool rpc_pool_waiting(const struct rpc_pool *pool)
{
    return atomic_load_explicit(&pool->queue_length, memory_order_seq_cst) > 0;
}
