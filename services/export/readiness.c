#include "services/export/readiness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/log/log.h"
#include "ocrmesh/export/v1/export_service.pb-c.h"

enum {
    CHECK_INTERVAL_SECONDS = 1,
    CHECK_TIMEOUT_MS = 800,
};

struct readiness {
    struct rpc_channel *ocr;
    struct rpc_server *server;
    atomic_bool is_ready;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool is_stopping; /* under the mutex */
};

static void set_ready(struct readiness *readiness, bool is_ready)
{
    atomic_store(&readiness->is_ready, is_ready);
    rpc_server_set_serving(readiness->server, "", is_ready);
    rpc_server_set_serving(readiness->server, ocrmesh__export__v1__export_service__descriptor.name,
                           is_ready);
}

static void look(struct readiness *readiness)
{
    struct status st = {0};
    bool is_ready = rpc_channel_wait_ready(readiness->ocr, time_mono_after_ms(CHECK_TIMEOUT_MS),
                                           &st) == STATUS_OK;

    if (is_ready == atomic_load(&readiness->is_ready))
        return;
    set_ready(readiness, is_ready);
    log_write(LOG_INFO, is_ready ? "ocr is reachable" : "ocr is not reachable");
}

/* Waits for the next look; false when it is time to stop. */
static bool wait_interval(struct readiness *readiness)
{
    struct timespec until;
    bool goes_on;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += CHECK_INTERVAL_SECONDS;
    pthread_mutex_lock(&readiness->mutex);
    while (!readiness->is_stopping &&
           pthread_cond_timedwait(&readiness->stopping, &readiness->mutex, &until) == 0)
        ;
    goes_on = !readiness->is_stopping;
    pthread_mutex_unlock(&readiness->mutex);
    return goes_on;
}

static void *run(void *arg)
{
    struct readiness *readiness = arg;

    while (wait_interval(readiness))
        look(readiness);
    return NULL;
}

status_code readiness_start(struct rpc_channel *ocr, struct rpc_server *server,
                            struct readiness **ret_readiness, struct status *st)
{
    struct readiness *readiness = calloc(1, sizeof(*readiness));
    pthread_condattr_t attributes;

    if (readiness == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "out of memory");
    readiness->ocr = ocr;
    readiness->server = server;
    pthread_mutex_init(&readiness->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&readiness->stopping, &attributes);
    pthread_condattr_destroy(&attributes);

    set_ready(readiness, false);
    look(readiness);
    if (pthread_create(&readiness->thread, NULL, run, readiness) != 0) {
        pthread_cond_destroy(&readiness->stopping);
        pthread_mutex_destroy(&readiness->mutex);
        free(readiness);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_THREADS", "cannot start a thread");
    }
    *ret_readiness = readiness;
    return STATUS_OK;
}

void readiness_stop(struct readiness *readiness)
{
    pthread_mutex_lock(&readiness->mutex);
    readiness->is_stopping = true;
    pthread_cond_signal(&readiness->stopping);
    pthread_mutex_unlock(&readiness->mutex);
    pthread_join(readiness->thread, NULL);
    pthread_cond_destroy(&readiness->stopping);
    pthread_mutex_destroy(&readiness->mutex);
    free(readiness);
}

status_code readiness_check(void *data, struct status *st)
{
    const struct readiness *readiness = data;

    if (atomic_load(&readiness->is_ready))
        return STATUS_OK;
    return FAIL(st, STATUS_UNAVAILABLE, "OCR_UNREACHABLE", "the ocr service cannot be reached");
}
