#include "lib/rpc/gate.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum {
    GATE_OPEN,
    GATE_CLOSED,
    GATE_AWAITED, /* closed, and a thread sleeps or is about to */
} rpc_gate_state;

void rpc_gate_close(struct rpc_gate *gate)
{
    atomic_store_explicit(&gate->state, GATE_CLOSED, memory_order_relaxed);
}

void rpc_gate_open(struct rpc_gate *gate)
{
    if (atomic_exchange_explicit(&gate->state, GATE_OPEN, memory_order_acq_rel) == GATE_AWAITED)
        (void)syscall(SYS_futex, &gate->state, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void rpc_gate_wait(struct rpc_gate *gate)
{
    unsigned state;

    while ((state = atomic_load_explicit(&gate->state, memory_order_acquire)) != GATE_OPEN)
        if (state == GATE_AWAITED ||
            atomic_compare_exchange_weak_explicit(&gate->state, &state, GATE_AWAITED,
                                                  memory_order_relaxed, memory_order_relaxed))
            /* Wakes for a signal, too, or returns at once when the gate has opened meanwhile. */
            (void)syscall(SYS_futex, &gate->state, FUTEX_WAIT_PRIVATE, GATE_AWAITED, NULL, NULL, 0);
}
