#include "lib/rpc/identity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/periodic.h"
#include "lib/log/log.h"
#include "lib/rpc/certificates.h"

struct rpc_identity {
    struct rpc_identity_options options;
    char *id;
    atomic_uint_least64_t generation;
    struct periodic *looks;
    struct status last_failure; /* of a look, so that it is logged once; of the looks' thread */

    pthread_mutex_t reloading; /* one reading at a time */
    pthread_mutex_t mutex;     /* for what follows */
    struct rpc_certificates *certificates;
};

static struct rpc_certificates *take(struct rpc_identity *identity)
{
    pthread_mutex_lock(&identity->mutex);
    struct rpc_certificates *certificates = identity->certificates;
    atomic_fetch_add_explicit(&certificates->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&identity->mutex);
    return certificates;
}

/* Takes them. */
static void put(struct rpc_identity *identity, struct rpc_certificates *certificates)
{
    certificates->generation = atomic_load(&identity->generation) + 1;
    pthread_mutex_lock(&identity->mutex);
    struct rpc_certificates *before = identity->certificates;
    identity->certificates = certificates;
    atomic_store(&identity->generation, certificates->generation);
    pthread_mutex_unlock(&identity->mutex);
    if (before != NULL)
        rpc_certificates_unref(before);
}

static void log_read(const struct rpc_certificates *certificates)
{
    log_write(LOG_INFO, "certificates read", LOG_STRING("spiffe_id", certificates->spiffe_id),
              LOG_INTEGER("days_left", (certificates->expire_time - time_wall()) /
                                           (INT64_C(86400) * NANOSECONDS_PER_SECOND)));
}

static status_code reload(struct rpc_identity *identity, struct status *st)
{
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *now = take(identity);
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *read = NULL;

    TRY(rpc_certificates_read(&identity->options, &read, st));
    if (rpc_certificates_equal(now, read))
        return STATUS_OK;
    if (strcmp(read->spiffe_id, identity->id) != 0)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "CERTIFICATES",
                    "the new certificate is for another SPIFFE ID than %.100s", identity->id);
    log_read(read);
    put(identity, TAKE(read));
    return STATUS_OK;
}

status_code rpc_identity_reload(struct rpc_identity *identity, struct status *st)
{
    pthread_mutex_lock(&identity->reloading);
    status_code code = reload(identity, st);
    pthread_mutex_unlock(&identity->reloading);
    return code;
}

/* A periodic's function. */
static void look(void *arg)
{
    struct rpc_identity *identity = arg;
    struct status st = {.code = STATUS_OK};

    if (rpc_identity_reload(identity, &st) != STATUS_OK &&
        strcmp(st.message, identity->last_failure.message) != 0)
        log_failure(LOG_WARNING, "the certificates stay as they were", &st);
    identity->last_failure = st;
}

status_code rpc_identity_new(const struct rpc_identity_options *options,
                             struct rpc_identity **ret_identity, struct status *st)
{
    _cleanup_(rpc_identity_freep) struct rpc_identity *identity = calloc(1, sizeof(*identity));
    struct rpc_certificates *certificates;

    if (identity == NULL)
        return FAIL_MEMORY(st);
    identity->options = *options;
    (void)pthread_mutex_init(&identity->reloading, NULL);
    (void)pthread_mutex_init(&identity->mutex, NULL);
    TRY(rpc_certificates_read(options, &certificates, st));
    put(identity, certificates);
    identity->id = strdup(certificates->spiffe_id);
    if (identity->id == NULL)
        return FAIL_MEMORY(st);
    log_read(certificates);
    if (options->reload_ms > 0)
        TRY(periodic_start(look, identity, options->reload_ms, &identity->looks, st));
    *ret_identity = TAKE(identity);
    return STATUS_OK;
}

void rpc_identity_free(struct rpc_identity *identity)
{
    if (identity == NULL)
        return;
    if (identity->looks != NULL)
        periodic_stop(identity->looks);
    if (identity->certificates != NULL)
        rpc_certificates_unref(identity->certificates);
    pthread_mutex_destroy(&identity->mutex);
    pthread_mutex_destroy(&identity->reloading);
    free(identity->id);
    free(identity);
}

const char *rpc_identity_id(const struct rpc_identity *identity)
{
    return identity->id;
}

int64_t rpc_identity_expire_time(struct rpc_identity *identity)
{
    _cleanup_(rpc_certificates_unrefp) struct rpc_certificates *certificates = take(identity);

    return certificates->expire_time;
}

struct rpc_certificates *rpc_identity_take(struct rpc_identity *identity)
{
    return take(identity);
}

uint64_t rpc_identity_generation(const struct rpc_identity *identity)
{
    return atomic_load(&identity->generation);
}
