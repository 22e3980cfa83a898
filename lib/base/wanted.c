#include "lib/base/wanted.h"

#include <stddef.h>

#include "lib/base/clock.h"

enum { LOOK_MS = 100 };

static _Thread_local struct wanted current;

struct wanted wanted_swap(struct wanted wanted)
{
    struct wanted before = current;

    current = wanted;
    return before;
}

bool wanted_still(void)
{
    return current.is_gone == NULL || !current.is_gone(current.caller);
}

int64_t wanted_look(int64_t deadline)
{
    const int64_t look = time_mono_after_ms(LOOK_MS);

    return current.is_gone != NULL && look < deadline ? look : deadline;
}
