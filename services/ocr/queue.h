#pragma once

/*
 * The page queue as the lanes of this process see it: leasing the next page, keeping leases alive,
 * and waiting for work without asking for it.
 *
 * Waiting lanes are woken by notifications (queue_wake()); should one be lost, they look again
 * every QUEUE_TICK_MS. A thread of its own renews the leases that are held, four times in the life
 * of one, and frees those of any process that have run out. Thread rule: any thread; a lane's
 * number is used by one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/store_queue.h"

struct db;
struct queue;

enum {
    QUEUE_TICK_MS = 10000,
    QUEUE_LANES_MAX = 256,
    /* Beyond the page's own faults: how often a page may be leased before it is given up. */
    QUEUE_ATTEMPTS_MAX = 10,
};

struct queue_options {
    struct db *db; /* borrowed */
    int lanes;     /* at most QUEUE_LANES_MAX */
    int64_t lease_ms;
};

status_code queue_new(const struct queue_options *options, struct queue **ret_queue,
                      struct status *st) _must_check_;
/* After queue_stop() and the end of all lanes. */
void queue_free(struct queue *queue);
DEFINE_CLEANUP(struct queue *, queue)

/* A page may have become free. */
void queue_wake(struct queue *queue);
/* Leases may have been taken away: looks at once, on the renewing thread. */
void queue_check_leases(struct queue *queue);
/* No lease is given any more; who waits returns. */
void queue_stop(struct queue *queue);
bool queue_is_stopping(struct queue *queue);

/*
 * Leases the next page for a lane and keeps the lease alive until queue_release().
 *
 * @stay_job_id: the job whose file the lane has open, or NULL.
 * @waits: wait for a page when there is none. A database that is away is waited for as well.
 * @on_lost: called on the renewing thread when the lease is found to be lost (the job was
 * cancelled, or the lease ran out and another lane has the page); must not block, nor call the
 * queue.
 *
 * Returns false when there is none: nothing waits (without `waits`), or the queue is stopping.
 */
bool queue_lease(struct queue *queue, int lane, const char *stay_job_id, bool waits,
                 void (*on_lost)(void *arg, const char *lease_token), void *arg,
                 struct page_task *ret_task);

/* Forgets a lease: the page has ended, or is not ours any more. */
void queue_release(struct queue *queue, const char *lease_token);

/* Sleeps for up to `ms`; returns early, with false, when the queue stops. */
bool queue_pause(struct queue *queue, int64_t ms);
