#include "services/chat/embedding_queue.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const struct embedding_job *job, const char *account_id)
{
    return strncmp(job->account_id, account_id, EMBEDDING_ACCOUNT_SIZE - 1) == 0;
}

static size_t count_of(const struct embedding_queue *queue, const char *account_id)
{
    size_t count = 0;

    for (size_t i = 0; i < queue->length; i++)
        count += is_of(&queue->jobs[i], account_id);
    return count;
}

/* The last turn of an account that has another job here, or that had the last turn of all. */
static uint64_t turn_of(const struct embedding_queue *queue, const char *account_id)
{
    for (size_t i = 0; i < queue->length; i++)
        if (is_of(&queue->jobs[i], account_id))
            return queue->jobs[i].account_turn;
    return strncmp(queue->last_account_id, account_id, EMBEDDING_ACCOUNT_SIZE - 1) == 0
               ? queue->turns
               : 0;
}

static void remove_at(struct embedding_queue *queue, size_t index)
{
    queue->length--;
    memmove(&queue->jobs[index], &queue->jobs[index + 1],
            (queue->length - index) * sizeof(queue->jobs[0]));
}

/* Of the account with the most jobs, the one that came last. */
static size_t find_dispensable(const struct embedding_queue *queue)
{
    size_t found = 0, most = 0;

    for (size_t i = queue->length; i-- > 0;) {
        size_t count = count_of(queue, queue->jobs[i].account_id);
        if (count > most) {
            most = count;
            found = i;
        }
    }
    return found;
}

static bool make_room(struct embedding_queue *queue, const char *account_id)
{
    size_t dispensable;

    if (queue->length < EMBEDDING_QUEUE_MAX)
        return true;
    dispensable = find_dispensable(queue);
    if (count_of(queue, account_id) + 1 >= count_of(queue, queue->jobs[dispensable].account_id))
        return false;
    remove_at(queue, dispensable);
    return true;
}

bool embedding_queue_add(struct embedding_queue *queue, const char *job_id, const char *account_id)
{
    struct embedding_job *job;
    uint64_t turn = turn_of(queue, account_id);

    for (size_t i = 0; i < queue->length; i++)
        if (strcmp(queue->jobs[i].id, job_id) == 0)
            return true;
    if (!make_room(queue, account_id))
        return false;
    job = &queue->jobs[queue->length++];
    (void)snprintf(job->id, sizeof(job->id), "%s", job_id);
    (void)snprintf(job->account_id, sizeof(job->account_id), "%s", account_id);
    job->account_turn = turn;
    return true;
}

bool embedding_queue_take(struct embedding_queue *queue, struct embedding_job *ret_job)
{
    size_t next = 0;

    if (queue->length == 0)
        return false;
    for (size_t i = 1; i < queue->length; i++)
        if (queue->jobs[i].account_turn < queue->jobs[next].account_turn)
            next = i;
    *ret_job = queue->jobs[next];
    remove_at(queue, next);
    queue->turns++;
    (void)snprintf(queue->last_account_id, sizeof(queue->last_account_id), "%s",
                   ret_job->account_id);
    for (size_t i = 0; i < queue->length; i++)
        if (is_of(&queue->jobs[i], ret_job->account_id))
            queue->jobs[i].account_turn = queue->turns;
    return true;
}
