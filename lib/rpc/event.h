#pragma once

/*
 * What a completion queue's tag points to: something to do when the operation is over.
 *
 * grpc core orders the start of an operation before its completion, but does so in code that
 * thread checkers do not see; `armed` states that order once more, in ours.
 *
 * Thread rule: one thread arms, one thread fires, each once per operation.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include "lib/rpc/container.h"

struct rpc_event {
    /* `is_ok`: the operation succeeded. */
    void (*run)(struct rpc_event *event, bool is_ok);
    atomic_bool armed;
};

/* Just before the operation that carries the event is started. */
static inline void rpc_event_arm(struct rpc_event *event)
{
    atomic_store_explicit(&event->armed, true, memory_order_release);
}

static inline void rpc_event_fire(struct rpc_event *event, bool is_ok)
{
    (void)atomic_load_explicit(&event->armed, memory_order_acquire);
    event->run(event, is_ok);
}
