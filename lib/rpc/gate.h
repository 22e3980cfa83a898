#pragma once

/*
 * Where a handler's thread waits for one operation of core's. A futex (futex(2)) and nothing else:
 * whoever opens it holds no lock that the woken thread would run into, and wakes nobody where
 * nobody waits.
 *
 * Thread rule: one thread closes and waits, one opens. What the opener wrote before is seen by the
 * one who waited; the gate may be gone when rpc_gate_open() wakes, which is harmless.
 */

#include <stdatomic.h>
#include <stdbool.h>

struct rpc_gate {
    atomic_uint state; /* rpc_gate_state; zero is open */
};

/* Before the operation is started. */
void rpc_gate_close(struct rpc_gate *gate);
/* The operation is over. */
void rpc_gate_open(struct rpc_gate *gate);
/* Returns once the gate is open. */
void rpc_gate_wait(struct rpc_gate *gate);
