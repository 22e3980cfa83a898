#pragma once

/*
 * The threads of a server: they poll its completion queue and run its handlers.
 *
 * A thread that takes a new call off the queue runs the handler itself, so that a call costs no
 * hand-over, after it made sure that another thread goes on polling (leader and followers). At
 * most `threads_max` handlers run at once; up to `queue_max` tasks wait.
 */

#include <stdbool.h>

#include <grpc/grpc.h>

#include "lib/base/status.h"

struct rpc_pool;

struct rpc_task {
    void (*run)(struct rpc_task *task);
    void (*before_wait)(struct rpc_task *task); /* called before it is kept for later */
    struct rpc_task *next;                      /* the pool's */
};

/* `queue` is borrowed; every tag on it must be a struct rpc_event. */
status_code rpc_pool_new(grpc_completion_queue *queue, int threads_max, int queue_max,
                         struct rpc_pool **ret_pool, struct status *st) _must_check_;
/* Joins the threads. The completion queue must have been shut down. */
void rpc_pool_free(struct rpc_pool *pool);
DEFINE_CLEANUP(struct rpc_pool *, rpc_pool)

/* Runs the task on the calling thread before it returns, or keeps it for a thread that becomes
 * free; false when neither is possible, and the task is the caller's again. Only for an event
 * that runs on a thread of the pool, as the last thing it does. */
bool rpc_pool_submit(struct rpc_pool *pool, struct rpc_task *task) _must_check_;
