#include "services/ocr/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/wait.h"

struct watch {
    struct watch_hub *hub;
    char job_id[JOB_ID_SIZE];
    bool is_awake; /* something happened since the last wait */
    pthread_cond_t changed;
    struct watch *next;
    struct watch **link; /* what points to this one */
};

struct watch_hub {
    pthread_mutex_t lock;
    bool is_stopping;
    struct watch *first;
};

struct watch_hub *watch_hub_new(void)
{
    struct watch_hub *hub = calloc(1, sizeof(*hub));

    if (hub != NULL)
        pthread_mutex_init(&hub->lock, NULL);
    return hub;
}

void watch_hub_free(struct watch_hub *hub)
{
    if (hub == NULL)
        return;
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* With the lock held. */
static void wake(struct watch *watch)
{
    watch->is_awake = true;
    pthread_cond_signal(&watch->changed);
}

void watch_notify(struct watch_hub *hub, const char *job_id)
{
    pthread_mutex_lock(&hub->lock);
    for (struct watch *watch = hub->first; watch != NULL; watch = watch->next)
        if (job_id == NULL || strcmp(watch->job_id, job_id) == 0)
            wake(watch);
    pthread_mutex_unlock(&hub->lock);
}

void watch_hub_stop(struct watch_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->is_stopping = true;
    pthread_mutex_unlock(&hub->lock);
    watch_notify(hub, NULL);
}

bool watch_hub_is_stopping(struct watch_hub *hub)
{
    bool is_stopping;

    pthread_mutex_lock(&hub->lock);
    is_stopping = hub->is_stopping;
    pthread_mutex_unlock(&hub->lock);
    return is_stopping;
}

struct watch *watch_begin(struct watch_hub *hub, const char *job_id)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    size_t length = strlen(job_id);

    if (watch == NULL)
        return NULL;
    watch->hub = hub;
    /* An id that is too long is no job's: nothing will ever be told of it. */
    memcpy(watch->job_id, job_id, length < JOB_ID_SIZE ? length : JOB_ID_SIZE - 1);
    wait_init(&watch->changed);
    pthread_mutex_lock(&hub->lock);
    watch->next = hub->first;
    watch->link = &hub->first;
    if (watch->next != NULL)
        watch->next->link = &watch->next;
    hub->first = watch;
    pthread_mutex_unlock(&hub->lock);
    return watch;
}

void watch_end(struct watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->hub->lock);
    *watch->link = watch->next;
    if (watch->next != NULL)
        watch->next->link = watch->link;
    pthread_mutex_unlock(&watch->hub->lock);
    pthread_cond_destroy(&watch->changed);
    free(watch);
}

void watch_wait(struct watch *watch, int64_t deadline)
{
    struct watch_hub *hub = watch->hub;

    pthread_mutex_lock(&hub->lock);
    while (!watch->is_awake && !hub->is_stopping)
        if (!wait_until(&watch->changed, &hub->lock, deadline))
            break;
    watch->is_awake = false;
    pthread_mutex_unlock(&hub->lock);
}

void watch_wake(struct watch *watch)
{
    pthread_mutex_lock(&watch->hub->lock);
    wake(watch);
    pthread_mutex_unlock(&watch->hub->lock);
}
