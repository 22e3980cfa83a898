#include "lib/rpc/deadlines.h"

enum { CAPACITY_FIRST = 64 };

void rpc_deadlines_deinit(struct rpc_deadlines *deadlines)
{
    free(deadlines->heap);
    *deadlines = (struct rpc_deadlines){0};
}

/* Places count from 1, so that those below n are 2n and 2n + 1. */
static struct rpc_deadline *at(const struct rpc_deadlines *deadlines, size_t place)
{
    return deadlines->heap[place - 1];
}

static void put(struct rpc_deadlines *deadlines, size_t place, struct rpc_deadline *deadline)
{
    deadlines->heap[place - 1] = deadline;
    deadline->place = place;
}

/* From `place`, which is free, towards the top. */
static void rise(struct rpc_deadlines *deadlines, size_t place, struct rpc_deadline *deadline)
{
    while (place > 1 && at(deadlines, place / 2)->time > deadline->time) {
        put(deadlines, place, at(deadlines, place / 2));
        place /= 2;
    }
    put(deadlines, place, deadline);
}

/* From `place`, which is free, away from the top. */
static void sink(struct rpc_deadlines *deadlines, size_t place, struct rpc_deadline *deadline)
{
    for (;;) {
        size_t below = 2 * place;

        if (below > deadlines->count)
            break;
        if (below < deadlines->count && at(deadlines, below + 1)->time < at(deadlines, below)->time)
            below++;
        if (at(deadlines, below)->time >= deadline->time)
            break;
        put(deadlines, place, at(deadlines, below));
        place = below;
    }
    rise(deadlines, place, deadline);
}

bool rpc_deadlines_add(struct rpc_deadlines *deadlines, struct rpc_deadline *deadline)
{
    if (deadlines->count == deadlines->capacity) {
        const size_t capacity = deadlines->capacity == 0 ? CAPACITY_FIRST : deadlines->capacity * 2;
        struct rpc_deadline **heap =
            reallocarray(deadlines->heap, capacity, sizeof(deadlines->heap[0]));

        if (heap == NULL)
            return false;
        deadlines->heap = heap;
        deadlines->capacity = capacity;
    }
    rise(deadlines, ++deadlines->count, deadline);
    return true;
}

void rpc_deadlines_remove(struct rpc_deadlines *deadlines, struct rpc_deadline *deadline)
{
    const size_t place = deadline->place;

    if (place == 0)
        return;
    struct rpc_deadline *last = at(deadlines, deadlines->count--);
    deadline->place = 0;
    if (last != deadline)
        sink(deadlines, place, last);
}

struct rpc_deadline *rpc_deadlines_first(const struct rpc_deadlines *deadlines)
{
    return deadlines->count > 0 ? at(deadlines, 1) : NULL;
}
