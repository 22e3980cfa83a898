#pragma once

/*
 * What a thread sleeps on until another one has something for it; PostgreSQL calls the same so. A
 * futex (futex(2)) and nothing else: whoever sets it holds no lock that the woken thread would run
 * into, and wakes nobody where nobody waits.
 *
 * Thread rule: one thread resets and waits, one sets. What the setter wrote before is seen by the
 * one who waited; the latch may be gone when rpc_latch_set() wakes, which is harmless.
 */

#include <stdatomic.h>

struct rpc_latch {
    atomic_uint state; /* rpc_latch_state; zero is set */
};

/* Before the other thread is told what is waited for. */
void rpc_latch_reset(struct rpc_latch *latch);
/* It is there. */
void rpc_latch_set(struct rpc_latch *latch);
/* Returns once the latch is set. */
void rpc_latch_wait(struct rpc_latch *latch);
