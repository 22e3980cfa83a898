#include "services/ocr/queue.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/log/log.h"

enum {
    /* A lane reads one page while it stores the one before. */
    LEASES_PER_LANE = 2,
    RENEWALS_PER_LEASE = 4,
    LEASE_TIMEOUT_MS = 5000, /* of the statement */
    FAILURE_PAUSE_MIN_MS = 100,
    FAILURE_PAUSE_MAX_MS = 2000,
    HOLDER_MAX = RANDOM_ID_SIZE + 8,
};

struct lease {
    char token[RANDOM_ID_SIZE]; /* "" for a place that is free */
    void (*on_lost)(void *arg, const char *lease_token);
    void *arg;
};

struct queue {
    struct queue_options options;
    char process_id[RANDOM_ID_SIZE];

    pthread_mutex_t lock;
    pthread_cond_t changed; /* woken or stopping */
    uint64_t wake_count;
    bool is_stopping;
    size_t lease_count; /* places */
    struct lease *leases;

    pthread_cond_t renewal_changed;
    bool is_check_due;
    bool renewal_ends;
    bool has_thread;
    pthread_t thread;
};

/* --- keeping leases alive --- */

/* Copies the tokens that are held into `tokens`; returns how many. */
static size_t copy_tokens(struct queue *queue, char (*tokens)[RANDOM_ID_SIZE])
{
    size_t count = 0;

    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < queue->lease_count; i++)
        if (queue->leases[i].token[0] != '\0')
            memcpy(tokens[count++], queue->leases[i].token, RANDOM_ID_SIZE);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

/* With the lock held. */
static struct lease *find(struct queue *queue, const char *token)
{
    for (size_t i = 0; i < queue->lease_count; i++)
        if (strcmp(queue->leases[i].token, token) == 0)
            return &queue->leases[i];
    return NULL;
}

static void tell_lost(struct queue *queue, const char *token)
{
    pthread_mutex_lock(&queue->lock);
    struct lease *lease = find(queue, token);
    /* One that was released meanwhile has ended well. The lock keeps lane and lease alive. */
    if (lease != NULL && lease->on_lost != NULL)
        lease->on_lost(lease->arg, token);
    pthread_mutex_unlock(&queue->lock);
}

/* False when the database could not be asked. */
static bool renew(struct queue *queue)
{
    struct status st = {0};
    size_t places = queue->lease_count;
    _cleanup_(freep) char(*tokens)[RANDOM_ID_SIZE] = calloc(places, sizeof(*tokens));
    _cleanup_(freep) const char **list = calloc(places, sizeof(*list));
    _cleanup_(freep) bool *stands = calloc(places, sizeof(*stands));

    if (tokens == NULL || list == NULL || stands == NULL)
        return false; /* the next beat tries again */
    size_t count = copy_tokens(queue, tokens);
    if (count == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        list[i] = tokens[i];
    int64_t interval_ms = queue->options.lease_ms / RENEWALS_PER_LEASE;
    if (store_queue_renew(queue->options.db, time_mono_after_ms(interval_ms), list, count,
                          queue->options.lease_ms, stands, &st) != STATUS_OK) {
        log_failure(LOG_WARNING, "leases could not be renewed", &st,
                    LOG_INTEGER("leases", (int64_t)count));
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!stands[i])
            tell_lost(queue, tokens[i]);
    return true;
}

/* After renewing, so that a process never frees what it holds itself. */
static void free_expired(struct queue *queue)
{
    struct status st = {0};
    int64_t freed = 0;

    if (store_queue_free_expired(queue->options.db, time_mono_after_ms(LEASE_TIMEOUT_MS), &freed,
                                 &st) != STATUS_OK)
        log_failure(LOG_WARNING, "expired leases could not be freed", &st);
    else if (freed > 0)
        log_write(LOG_WARNING, "leases have run out, and their pages are free again",
                  LOG_INTEGER("pages", freed));
}

static void *run_renewals(void *arg)
{
    struct queue *queue = arg;
    bool goes_on;

    do {
        int64_t beat = time_mono_after_ms(queue->options.lease_ms / RENEWALS_PER_LEASE);
        pthread_mutex_lock(&queue->lock);
        while (!queue->renewal_ends && !queue->is_check_due &&
               wait_until(&queue->renewal_changed, &queue->lock, beat))
            ;
        queue->is_check_due = false;
        goes_on = !queue->renewal_ends;
        pthread_mutex_unlock(&queue->lock);
        if (goes_on && renew(queue))
            free_expired(queue);
    } while (goes_on);
    return NULL;
}

/* --- */

status_code queue_new(const struct queue_options *options, struct queue **ret_queue,
                      struct status *st)
{
    _cleanup_(queue_freep) struct queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return FAIL_MEMORY(st);
    queue->options = *options;
    random_id(queue->process_id);
    pthread_mutex_init(&queue->lock, NULL);
    wait_init(&queue->changed);
    wait_init(&queue->renewal_changed);
    queue->lease_count = (size_t)options->lanes * LEASES_PER_LANE;
    queue->leases = calloc(queue->lease_count, sizeof(*queue->leases));
    if (queue->leases == NULL)
        return FAIL_MEMORY(st);
    if (pthread_create(&queue->thread, NULL, run_renewals, queue) != 0)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left");
    queue->has_thread = true;
    *ret_queue = TAKE(queue);
    return STATUS_OK;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    if (queue->has_thread) {
        pthread_mutex_lock(&queue->lock);
        queue->renewal_ends = true;
        pthread_cond_signal(&queue->renewal_changed);
        pthread_mutex_unlock(&queue->lock);
        pthread_join(queue->thread, NULL);
    }
    free(queue->leases);
    pthread_cond_destroy(&queue->renewal_changed);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->wake_count++;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

void queue_check_leases(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_check_due = true;
    pthread_cond_signal(&queue->renewal_changed);
    pthread_mutex_unlock(&queue->lock);
}

void queue_stop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_stopping = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_stopping(struct queue *queue)
{
    bool is_stopping;

    pthread_mutex_lock(&queue->lock);
    is_stopping = queue->is_stopping;
    pthread_mutex_unlock(&queue->lock);
    return is_stopping;
}

bool queue_pause(struct queue *queue, int64_t ms)
{
    int64_t until = time_mono_after_ms(ms);
    bool is_stopping;

    pthread_mutex_lock(&queue->lock);
    while (!queue->is_stopping && wait_until(&queue->changed, &queue->lock, until))
        ;
    is_stopping = queue->is_stopping;
    pthread_mutex_unlock(&queue->lock);
    return !is_stopping;
}

static uint64_t read_wake_count(struct queue *queue)
{
    uint64_t count;

    pthread_mutex_lock(&queue->lock);
    count = queue->wake_count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

/* Until there was a wake-up beyond `seen`, the tick, or the stop. */
static void wait_for_work(struct queue *queue, uint64_t seen)
{
    int64_t tick = time_mono_after_ms(QUEUE_TICK_MS);

    pthread_mutex_lock(&queue->lock);
    while (!queue->is_stopping && queue->wake_count == seen &&
           wait_until(&queue->changed, &queue->lock, tick))
        ;
    pthread_mutex_unlock(&queue->lock);
}

static void hold(struct queue *queue, const char *token,
                 void (*on_lost)(void *arg, const char *lease_token), void *arg)
{
    pthread_mutex_lock(&queue->lock);
    struct lease *place = find(queue, "");
    /* A lane without a place would hold more than it may; its lease then just runs out. */
    if (place != NULL) {
        memcpy(place->token, token, RANDOM_ID_SIZE);
        place->on_lost = on_lost;
        place->arg = arg;
    }
    pthread_mutex_unlock(&queue->lock);
}

void queue_release(struct queue *queue, const char *lease_token)
{
    pthread_mutex_lock(&queue->lock);
    struct lease *lease = find(queue, lease_token);
    if (lease != NULL)
        *lease = (struct lease){0};
    pthread_mutex_unlock(&queue->lock);
}

bool queue_lease(struct queue *queue, int lane, const char *stay_job_id, bool waits,
                 void (*on_lost)(void *arg, const char *lease_token), void *arg,
                 struct page_task *ret_task)
{
    int64_t pause_ms = FAILURE_PAUSE_MIN_MS;
    char holder[HOLDER_MAX];

    (void)snprintf(holder, sizeof(holder), "%s/%d", queue->process_id, lane);
    while (!queue_is_stopping(queue)) {
        struct status st = {0};
        bool is_found;
        uint64_t seen = read_wake_count(queue);
        status_code code =
            store_queue_lease(queue->options.db, time_mono_after_ms(LEASE_TIMEOUT_MS), holder,
                              stay_job_id, queue->options.lease_ms, ret_task, &is_found, &st);

        if (code == STATUS_OK && is_found) {
            hold(queue, ret_task->lease_token, on_lost, arg);
            return true;
        }
        if (!waits)
            return false;
        if (code == STATUS_OK) {
            pause_ms = FAILURE_PAUSE_MIN_MS;
            wait_for_work(queue, seen);
            continue;
        }
        log_failure(LOG_WARNING, "no page could be leased", &st, LOG_INTEGER("lane", lane));
        (void)queue_pause(queue, pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms));
        pause_ms = pause_ms * 2 < FAILURE_PAUSE_MAX_MS ? pause_ms * 2 : FAILURE_PAUSE_MAX_MS;
    }
    return false;
}
