#pragma once

/*
 * How many calls of one kind may go on at once: of one caller, and in all.
 *
 * Calls whose length is the client's to choose (uploads, watches, documents that are read slowly)
 * pass a gate, so that together they never take the threads of all other calls.
 * Thread rule: any thread; a pass belongs to one.
 */

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct gate;

/* @what: of the messages, for example "uploads"; borrowed for good. NULL when out of memory. */
struct gate *gate_new(const char *what, int max_in_all, int max_per_caller);
/* After all have left. */
void gate_free(struct gate *gate);
DEFINE_CLEANUP(struct gate *, gate)

int gate_max_in_all(const struct gate *gate);

/* One call's place; zero: none. For `_cleanup_(gate_leave)`. */
struct gate_pass {
    struct gate *gate;
    const char *caller_key;
    struct gate_pass *previous, *next;
};

/*
 * @caller_key: whom the call counts for; borrowed until gate_leave().
 * @pass: stays where it is until gate_leave().
 *
 * Fails with RESOURCE_EXHAUSTED and a time to try again: RATE_LIMITED for a caller that has as many
 * as one may, OVERLOADED when all have.
 */
status_code gate_enter(struct gate *gate, const char *caller_key, struct gate_pass *pass,
                       struct status *st) _must_check_;
/* A pass that is none is let pass. */
void gate_leave(struct gate_pass *pass);
