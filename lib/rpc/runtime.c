#include "lib/rpc/runtime.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include <grpc/support/log.h>
#include <grpc/support/time.h>

#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/log/log.h"

/* Core's errors are mostly a peer's: a handshake that failed, an address that does not answer. */
static void log_from_core(gpr_log_func_args *args)
{
    const bool is_error = args->severity == GPR_LOG_SEVERITY_ERROR;

    log_write(is_error ? LOG_WARNING : LOG_DEBUG, "grpc", LOG_STRING("detail", args->message),
              LOG_STRING("file", args->file), LOG_INTEGER("line", args->line));
}

/* By default glibc gives up to eight arenas a core to threads, and each keeps what it has freed:
 * threads that mostly wait would hold several times the memory that is in use. */
static void bound_arenas(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        (void)mallopt(M_ARENA_MAX, CPU_COUNT(&cores));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* for what follows */
static int starts;
static bool is_core_up;
static grpc_completion_queue *poll_queue; /* NULL: no thread polls */
static pthread_t poll_thread;
static atomic_bool is_polling;

void rpc_start(void)
{
    pthread_mutex_lock(&mutex);
    if (starts++ == 0)
        bound_arenas();
    pthread_mutex_unlock(&mutex);
}

/* With the mutex. */
static void bring_up(void)
{
    if (is_core_up)
        return;
    gpr_set_log_function(log_from_core);
    grpc_init();
    is_core_up = true;
}

void rpc_core_start(void)
{
    pthread_mutex_lock(&mutex);
    bring_up();
    pthread_mutex_unlock(&mutex);
}

/* Nothing ever completes on this queue but its end. */
static void *poll_main(void *queue)
{
    (void)grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    return NULL;
}

/* With the mutex. Without the thread calls still work, and connections come back more slowly. */
static void start_polling(void)
{
    poll_queue = grpc_completion_queue_create_for_next(NULL);
    if (thread_start(&poll_thread, "rpc-core", poll_main, poll_queue))
        return;
    grpc_completion_queue_shutdown(poll_queue);
    grpc_completion_queue_destroy(TAKE(poll_queue));
    log_write(LOG_WARNING, "no thread looks after connections between calls");
}

void rpc_core_poll(void)
{
    if (atomic_load_explicit(&is_polling, memory_order_acquire))
        return;
    pthread_mutex_lock(&mutex);
    bring_up();
    if (poll_queue == NULL)
        start_polling();
    atomic_store_explicit(&is_polling, true, memory_order_release);
    pthread_mutex_unlock(&mutex);
}

/* With the mutex. */
static void bring_down(void)
{
    if (!is_core_up)
        return;
    if (poll_queue != NULL) {
        grpc_completion_queue_shutdown(poll_queue);
        (void)pthread_join(poll_thread, NULL);
        grpc_completion_queue_destroy(TAKE(poll_queue));
    }
    atomic_store_explicit(&is_polling, false, memory_order_release);
    grpc_shutdown_blocking();
    is_core_up = false;
}

void rpc_stop(void)
{
    pthread_mutex_lock(&mutex);
    if (--starts == 0)
        bring_down();
    pthread_mutex_unlock(&mutex);
}

/* The two monotonic clocks need not agree (tests move ours), so deadlines cross as durations. */
gpr_timespec rpc_deadline_to_core(int64_t deadline)
{
    int64_t left;

    if (deadline == TIME_NEVER)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (__builtin_sub_overflow(deadline, time_mono(), &left))
        return gpr_inf_past(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(left, GPR_TIMESPAN));
}

status_code rpc_path(const char *service, const char *method, char ret_path[static RPC_PATH_MAX],
                     struct status *st)
{
    int length = snprintf(ret_path, RPC_PATH_MAX, "/%s/%s", service, method);

    if (length < 0 || length >= RPC_PATH_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a method's path has at most %d bytes",
                    RPC_PATH_MAX - 1);
    return STATUS_OK;
}
