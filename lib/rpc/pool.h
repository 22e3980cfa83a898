#pragma once

/*
 * The threads that run a server's handlers, which may block.
 *
 * At most `threads_max` handlers run at once; up to `queue_max` tasks wait. Few threads are woken
 * at first, no more than there are cores: short handlers are run in a row by a thread that is awake
 * anyhow, which costs no switch from one to the next. A thread that has been in its handler for
 * more than a moment is taken to block, and another one is woken in its place; where tasks wait all
 * the same, more are, twice as many at each look.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct rpc_pool;

enum { RPC_POOL_LOOK_MS = 1 }; /* between two looks, while tasks wait */

struct rpc_task {
    void (*run)(struct rpc_task *task);
    int64_t submit_time;   /* the pool's */
    struct rpc_task *next; /* the pool's */
};

status_code rpc_pool_new(int threads_max, int queue_max, struct rpc_pool **ret_pool,
                         struct status *st) _must_check_;
/* Runs what waits, and joins the threads; nothing is submitted from then on. */
void rpc_pool_stop(struct rpc_pool *pool);
void rpc_pool_free(struct rpc_pool *pool);
DEFINE_CLEANUP(struct rpc_pool *, rpc_pool)

/* False when as many tasks wait as may. Some time soon rpc_pool_wake() is to follow, and then
 * rpc_pool_look() every RPC_POOL_LOOK_MS as long as rpc_pool_waiting(). */
bool rpc_pool_submit(struct rpc_pool *pool, struct rpc_task *task, int64_t now) _must_check_;
/* Wakes threads for what was submitted. */
void rpc_pool_wake(struct rpc_pool *pool, int64_t now);
/* Wakes more of them where a task has waited for long. */
void rpc_pool_look(struct rpc_pool *pool, int64_t now);
/* Whether tasks wait. Does not block. */
bool rpc_pool_waiting(const struct rpc_pool *pool);
