#include "lib/rpc/latch.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum {
    LATCH_SET,
    LATCH_RESET,
    LATCH_AWAITED, /* not set, and a thread sleeps or is about to */
} rpc_latch_state;

void rpc_latch_reset(struct rpc_latch *latch)
{
    atomic_store_explicit(&latch->state, LATCH_RESET, memory_order_relaxed);
}

void rpc_latch_set(struct rpc_latch *latch)
{
    if (atomic_exchange_explicit(&latch->state, LATCH_SET, memory_order_acq_rel) == LATCH_AWAITED)
        (void)syscall(SYS_futex, &latch->state, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void rpc_latch_wait(struct rpc_latch *latch)
{
    unsigned state;

    while ((state = atomic_load_explicit(&latch->state, memory_order_acquire)) != LATCH_SET)
        if (state == LATCH_AWAITED ||
            atomic_compare_exchange_weak_explicit(&latch->state, &state, LATCH_AWAITED,
                                                  memory_order_relaxed, memory_order_relaxed))
            /* Wakes for a signal, too, or returns at once when the latch was set meanwhile. */
            (void)syscall(SYS_futex, &latch->state, FUTEX_WAIT_PRIVATE, LATCH_AWAITED, NULL, NULL,
                          0);
}
