#pragma once

/*
 * Whether what a thread works on is still wanted. Who begins work for a caller swaps in how to ask,
 * and what was before back in when it is done; what waits for long, such as for a database, asks
 * every now and then and gives up. Work for nobody in particular is always wanted.
 *
 * What must go on when its caller has gone, such as taking back what was half done, swaps in
 * `(struct wanted){0}`. Thread rule: the calling thread's.
 */

#include <stdbool.h>
#include <stdint.h>

struct wanted {
    bool (*is_gone)(const void *caller); /* NULL: for nobody in particular */
    const void *caller;
};

/* Sets it for this thread, and returns the one before. */
struct wanted wanted_swap(struct wanted wanted);
/* False once the caller has gone. */
bool wanted_still(void);
/* How long to wait before asking again: a tenth of a second, or until `deadline` where that is
 * earlier or nobody would go. Monotonic nanoseconds. */
int64_t wanted_look(int64_t deadline);
