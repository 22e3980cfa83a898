#include "lib/base/periodic.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/base/wait.h"

struct periodic {
    void (*run)(void *arg);
    void *arg;
    int64_t interval_ms;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool is_stopping; /* under the mutex */
};

/* Waits for the next run; false when it is time to stop. */
static bool wait_interval(struct periodic *periodic)
{
    int64_t next_run = time_mono_after_ms(periodic->interval_ms);
    bool goes_on;

    pthread_mutex_lock(&periodic->mutex);
    while (!periodic->is_stopping && wait_until(&periodic->stopping, &periodic->mutex, next_run))
        ;
    goes_on = !periodic->is_stopping;
    pthread_mutex_unlock(&periodic->mutex);
    return goes_on;
}

static void *run_thread(void *arg)
{
    struct periodic *periodic = arg;

    do
        periodic->run(periodic->arg);
    while (wait_interval(periodic));
    return NULL;
}

static void release(struct periodic *periodic)
{
    pthread_cond_destroy(&periodic->stopping);
    pthread_mutex_destroy(&periodic->mutex);
    free(periodic);
}

status_code periodic_start(void (*run)(void *arg), void *arg, int64_t interval_ms,
                           struct periodic **ret_periodic, struct status *st)
{
    struct periodic *periodic = calloc(1, sizeof(*periodic));

    if (periodic == NULL)
        return FAIL_MEMORY(st);
    periodic->run = run;
    periodic->arg = arg;
    periodic->interval_ms = interval_ms;
    pthread_mutex_init(&periodic->mutex, NULL);
    wait_init(&periodic->stopping);
    if (!thread_start(&periodic->thread, "periodic", run_thread, periodic)) {
        release(periodic);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "cannot start a thread");
    }
    *ret_periodic = periodic;
    return STATUS_OK;
}

void periodic_stop(struct periodic *periodic)
{
    pthread_mutex_lock(&periodic->mutex);
    periodic->is_stopping = true;
    pthread_cond_signal(&periodic->stopping);
    pthread_mutex_unlock(&periodic->mutex);
    pthread_join(periodic->thread, NULL);
    release(periodic);
}
