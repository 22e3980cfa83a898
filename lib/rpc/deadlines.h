#pragma once

/*
 * Calls by their deadlines: a heap, the earliest on top. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"

/* In whatever has a deadline. */
struct rpc_deadline {
    int64_t time; /* monotonic */
    size_t place; /* in the heap, from 1 on; 0: in none */
};

struct rpc_deadlines {
    struct rpc_deadline **heap;
    size_t count, capacity;
};

void rpc_deadlines_deinit(struct rpc_deadlines *deadlines);
/* `deadline->time` is set. False when out of memory. */
bool rpc_deadlines_add(struct rpc_deadlines *deadlines, struct rpc_deadline *deadline) _must_check_;
/* Also one that is not in. */
void rpc_deadlines_remove(struct rpc_deadlines *deadlines, struct rpc_deadline *deadline);
/* NULL when there is none. */
struct rpc_deadline *rpc_deadlines_first(const struct rpc_deadlines *deadlines);
