#include "lib/service/readiness.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/log/log.h"

struct readiness {
    struct readiness_options options;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t stopping;
    bool is_stopping;
    struct status last; /* code STATUS_OK: ready */
};

static void tell_health(const struct readiness_options *options, bool is_ready)
{
    rpc_server_set_serving(options->server, "", is_ready);
    for (size_t i = 0; i < options->service_count; i++)
        rpc_server_set_serving(options->server, options->services[i]->descriptor->name, is_ready);
}

/* @was_ready: as told before. Returns what is told from here on. */
static bool look(struct readiness *readiness, bool was_ready)
{
    struct status st = {0};
    bool is_ready = readiness->options.check == NULL ||
                    readiness->options.check(readiness->options.data, &st) == STATUS_OK;

    pthread_mutex_lock(&readiness->mutex);
    readiness->last = st;
    pthread_mutex_unlock(&readiness->mutex);
    if (is_ready == was_ready)
        return is_ready;
    tell_health(&readiness->options, is_ready);
    if (is_ready)
        log_write(LOG_INFO, "ready");
    else
        log_failure(LOG_WARNING, "not ready", &st);
    return is_ready;
}

/* Waits for the next look; false when it is time to stop. */
static bool wait_interval(struct readiness *readiness)
{
    int64_t next_look = time_mono_after_ms(READINESS_INTERVAL_MS);
    bool goes_on;

    pthread_mutex_lock(&readiness->mutex);
    while (!readiness->is_stopping &&
           wait_until(&readiness->stopping, &readiness->mutex, next_look))
        ;
    goes_on = !readiness->is_stopping;
    pthread_mutex_unlock(&readiness->mutex);
    return goes_on;
}

static void *run(void *arg)
{
    struct readiness *readiness = arg;
    bool is_ready = readiness->last.code == STATUS_OK;

    while (wait_interval(readiness))
        is_ready = look(readiness, is_ready);
    return NULL;
}

status_code readiness_new(const struct readiness_options *options, struct readiness **ret_readiness,
                          struct status *st)
{
    _cleanup_(readiness_freep) struct readiness *readiness = calloc(1, sizeof(*readiness));

    if (readiness == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory");
    readiness->options = *options;
    pthread_mutex_init(&readiness->mutex, NULL);
    wait_init(&readiness->stopping);

    /* A server starts out as serving, so only a process that is not ready has a change to tell. */
    (void)look(readiness, true);
    if (options->check != NULL) {
        if (pthread_create(&readiness->thread, NULL, run, readiness) != 0)
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_THREADS", "cannot start a thread");
        readiness->has_thread = true;
    }
    *ret_readiness = TAKE(readiness);
    return STATUS_OK;
}

void readiness_stop(struct readiness *readiness)
{
    pthread_mutex_lock(&readiness->mutex);
    readiness->is_stopping = true;
    pthread_cond_signal(&readiness->stopping);
    pthread_mutex_unlock(&readiness->mutex);
    if (readiness->has_thread)
        pthread_join(readiness->thread, NULL);
    readiness->has_thread = false;
}

void readiness_free(struct readiness *readiness)
{
    if (readiness == NULL)
        return;
    readiness_stop(readiness);
    pthread_cond_destroy(&readiness->stopping);
    pthread_mutex_destroy(&readiness->mutex);
    free(readiness);
}

status_code readiness_last(struct readiness *readiness, struct status *st)
{
    status_code code = STATUS_OK;

    pthread_mutex_lock(&readiness->mutex);
    if (readiness->is_stopping) {
        code = FAIL(st, STATUS_UNAVAILABLE, "DRAINING", "the process is shutting down");
    } else if (readiness->last.code != STATUS_OK) {
        *st = readiness->last;
        code = st->code;
    }
    pthread_mutex_unlock(&readiness->mutex);
    return code;
}
