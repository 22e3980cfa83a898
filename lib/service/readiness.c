#include "lib/service/readiness.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/periodic.h"
#include "lib/log/log.h"

struct readiness {
    struct readiness_options options;
    struct periodic *looks;
    bool was_ready;        /* as told before */
    pthread_mutex_t mutex; /* for what follows */
    bool is_stopping;
    struct status last; /* code STATUS_OK: ready */
};

static void tell_health(const struct readiness_options *options, bool is_ready)
{
    rpc_server_set_serving(options->server, "", is_ready);
    for (size_t i = 0; i < options->service_count; i++)
        rpc_server_set_serving(options->server, options->services[i]->descriptor->name, is_ready);
}

/* A periodic's function. */
static void look(void *arg)
{
    struct readiness *readiness = arg;
    struct status st = {0};
    bool is_ready = readiness->options.check == NULL ||
                    readiness->options.check(readiness->options.data, &st) == STATUS_OK;

    pthread_mutex_lock(&readiness->mutex);
    readiness->last = st;
    pthread_mutex_unlock(&readiness->mutex);
    if (is_ready == readiness->was_ready)
        return;
    readiness->was_ready = is_ready;
    tell_health(&readiness->options, is_ready);
    if (is_ready)
        log_write(LOG_INFO, "ready");
    else
        log_failure(LOG_WARNING, "not ready", &st);
}

status_code readiness_new(const struct readiness_options *options, struct readiness **ret_readiness,
                          struct status *st)
{
    _cleanup_(readiness_freep) struct readiness *readiness = calloc(1, sizeof(*readiness));

    if (readiness == NULL)
        return FAIL_MEMORY(st);
    readiness->options = *options;
    /* A server starts out as serving, so only a process that is not ready has a change to tell. */
    readiness->was_ready = true;
    pthread_mutex_init(&readiness->mutex, NULL);
    look(readiness);
    if (options->check != NULL)
        TRY(periodic_start(look, readiness, READINESS_INTERVAL_MS, &readiness->looks, st));
    *ret_readiness = TAKE(readiness);
    return STATUS_OK;
}

void readiness_stop(struct readiness *readiness)
{
    pthread_mutex_lock(&readiness->mutex);
    readiness->is_stopping = true;
    pthread_mutex_unlock(&readiness->mutex);
    if (readiness->looks != NULL)
        periodic_stop(TAKE(readiness->looks));
}

void readiness_free(struct readiness *readiness)
{
    if (readiness == NULL)
        return;
    readiness_stop(readiness);
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
