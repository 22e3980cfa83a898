#include "lib/rpc/health.h"

#include <pthread.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "lib/rpc/call.h"

typedef Grpc__Health__V1__HealthCheckResponse__ServingStatus serving_status;
#define SERVING         GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define SERVICE_UNKNOWN GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

struct service {
    const char *name;
    serving_status status;
};

struct watcher {
    struct rpc_health *health;
    struct rpc_call *call;
    const struct service *service; /* NULL: not known */
    bool is_writing;
    bool is_told;        /* `last` was written */
    bool is_gone;        /* the client left: end as soon as nothing is written */
    bool is_ending;      /* somebody calls rpc_call_finish() */
    serving_status last; /* what was written last */
    struct watcher *previous, *next;
};

struct rpc_health {
    pthread_mutex_t mutex;
    struct service services[RPC_HEALTH_SERVICES_MAX];
    size_t service_count;
    bool is_stopped;
    struct watcher *watchers;
    size_t watcher_count;
};

status_code rpc_health_new(struct rpc_health **ret_health, struct status *st)
{
    struct rpc_health *health = calloc(1, sizeof(*health));

    if (health == NULL)
        return FAIL_MEMORY(st);
    (void)pthread_mutex_init(&health->mutex, NULL);
    health->services[health->service_count++] = (struct service){"", SERVING};
    *ret_health = health;
    return STATUS_OK;
}

void rpc_health_free(struct rpc_health *health)
{
    if (health == NULL)
        return;
    pthread_mutex_destroy(&health->mutex);
    free(health);
}

static struct service *find_service(struct rpc_health *health, const char *name)
{
    for (size_t i = 0; i < health->service_count; i++)
        if (strcmp(health->services[i].name, name) == 0)
            return &health->services[i];
    return NULL;
}

status_code rpc_health_add(struct rpc_health *health, const char *name, struct status *st)
{
    status_code code = STATUS_OK;

    pthread_mutex_lock(&health->mutex);
    if (find_service(health, name) == NULL) {
        if (health->service_count < RPC_HEALTH_SERVICES_MAX)
            health->services[health->service_count++] = (struct service){name, SERVING};
        else
            code = FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a server has at most %d services",
                        RPC_HEALTH_SERVICES_MAX - 1);
    }
    pthread_mutex_unlock(&health->mutex);
    return code;
}

/* --- watchers --- */

static void on_written(void *arg);
static void on_cancel(void *arg);

/* Brings the watcher up to date. With the mutex. True when the call is to be ended, by the
 * caller, after it let the mutex go. */
static bool advance(struct watcher *watcher)
{
    const struct rpc_health *health = watcher->health;
    serving_status status = SERVICE_UNKNOWN;

    if (watcher->is_writing || watcher->is_ending)
        return false;
    if (watcher->service != NULL)
        status = health->is_stopped ? NOT_SERVING : watcher->service->status;
    if (!watcher->is_gone && (!watcher->is_told || watcher->last != status)) {
        Grpc__Health__V1__HealthCheckResponse response =
            GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
        response.status = status;
        watcher->last = status;
        watcher->is_told = true;
        watcher->is_writing = true;
        if (rpc_call_start_write(watcher->call, &response, on_written, watcher))
            return false;
        watcher->is_writing = false;
        watcher->is_gone = true;
    }
    watcher->is_ending = watcher->is_gone || health->is_stopped;
    return watcher->is_ending;
}

static void end_watcher(struct watcher *watcher)
{
    struct rpc_health *health = watcher->health;
    struct status st;

    (void)FAIL(&st, STATUS_UNAVAILABLE, NULL, "the server is shutting down");
    /* Waits for on_cancel() where that is running, so the watcher is nobody else's afterwards. */
    rpc_call_finish(watcher->call, &st);
    pthread_mutex_lock(&health->mutex);
    if (watcher->previous != NULL)
        watcher->previous->next = watcher->next;
    else
        health->watchers = watcher->next;
    if (watcher->next != NULL)
        watcher->next->previous = watcher->previous;
    health->watcher_count--;
    pthread_mutex_unlock(&health->mutex);
    free(watcher);
}

static void on_written(void *arg)
{
    struct watcher *watcher = arg;

    pthread_mutex_lock(&watcher->health->mutex);
    watcher->is_writing = false;
    bool ends = advance(watcher);
    pthread_mutex_unlock(&watcher->health->mutex);
    if (ends)
        end_watcher(watcher);
}

static void on_cancel(void *arg)
{
    struct watcher *watcher = arg;

    pthread_mutex_lock(&watcher->health->mutex);
    watcher->is_gone = true;
    bool ends = advance(watcher);
    pthread_mutex_unlock(&watcher->health->mutex);
    if (ends)
        end_watcher(watcher);
}

/* Brings all watchers up to date; without the mutex. */
static void advance_all(struct rpc_health *health)
{
    struct watcher *ending;

    do {
        ending = NULL;
        pthread_mutex_lock(&health->mutex);
        for (struct watcher *w = health->watchers; w != NULL && ending == NULL; w = w->next)
            if (advance(w))
                ending = w;
        pthread_mutex_unlock(&health->mutex);
        if (ending != NULL)
            end_watcher(ending);
    } while (ending != NULL);
}

void rpc_health_set(struct rpc_health *health, const char *name, bool is_serving)
{
    pthread_mutex_lock(&health->mutex);
    struct service *service = find_service(health, name);
    if (service != NULL)
        service->status = is_serving ? SERVING : NOT_SERVING;
    pthread_mutex_unlock(&health->mutex);
    advance_all(health);
}

void rpc_health_stop(struct rpc_health *health)
{
    pthread_mutex_lock(&health->mutex);
    health->is_stopped = true;
    pthread_mutex_unlock(&health->mutex);
    advance_all(health);
}

/* --- the service --- */

static status_code check(struct rpc_call *call, const void *request, void *response, void *data,
                         struct status *st)
{
    const Grpc__Health__V1__HealthCheckRequest *wanted = request;
    Grpc__Health__V1__HealthCheckResponse *answer = response;
    struct rpc_health *health = data;

    pthread_mutex_lock(&health->mutex);
    const struct service *service = find_service(health, wanted->service);
    bool is_known = service != NULL;
    if (is_known)
        answer->status = health->is_stopped ? NOT_SERVING : service->status;
    pthread_mutex_unlock(&health->mutex);
    if (!is_known)
        return FAIL(st, STATUS_NOT_FOUND, NULL, "this server does not offer '%s'", wanted->service);
    return STATUS_OK;
}

static status_code watch(struct rpc_call *call, const void *request, void *response, void *data,
                         struct status *st)
{
    const Grpc__Health__V1__HealthCheckRequest *wanted = request;
    struct rpc_health *health = data;
    struct watcher *watcher = calloc(1, sizeof(*watcher));

    if (watcher == NULL)
        return FAIL_MEMORY(st);
    watcher->health = health;
    watcher->call = call;
    /* Held back until on_cancel() is in place: nothing may end the watcher before. */
    watcher->is_writing = true;
    pthread_mutex_lock(&health->mutex);
    bool is_full = health->watcher_count >= RPC_HEALTH_WATCHERS_MAX;
    if (!is_full) {
        watcher->service = find_service(health, wanted->service);
        watcher->next = health->watchers;
        if (watcher->next != NULL)
            watcher->next->previous = watcher;
        health->watchers = watcher;
        health->watcher_count++;
    }
    pthread_mutex_unlock(&health->mutex);
    if (is_full) {
        free(watcher);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "at most %d calls watch at once",
                    RPC_HEALTH_WATCHERS_MAX);
    }
    rpc_call_on_cancel(call, on_cancel, watcher);
    on_written(watcher);
    return STATUS_OK;
}

const struct rpc_service *rpc_health_service(void)
{
    static const struct rpc_handler handlers[] = {
        {"Check", RPC_UNARY, check},
        {"Watch", RPC_SERVER_STREAM, watch},
    };
    static const struct rpc_service service = {&grpc__health__v1__health__descriptor, handlers,
                                               ARRAY_LENGTH(handlers), NULL};

    return &service;
}
