#pragma once

/*
 * What a process gives up before it looks at what an outsider wrote: resources without end here,
 * files in restrict_files.h, system calls in restrict_calls.h. Each program says itself how much
 * it needs.
 *
 * All fail with INTERNAL when the kernel refuses. Thread rule: before threads are started.
 */

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/status.h"

#define FAIL_RESTRICTION(st, error)                                                                \
    FAIL((st), STATUS_INTERNAL, NULL, "a restriction cannot be set: %s", strerror(error))

/* Sets both the soft and the hard limit. */
static inline status_code restrict_resource(__rlimit_resource_t resource, rlim_t most,
                                            struct status *st)
{
    const struct rlimit limit = {most, most};

    return setrlimit(resource, &limit) < 0 ? FAIL_RESTRICTION(st, errno) : STATUS_OK;
}
