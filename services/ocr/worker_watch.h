#pragma once

/*
 * What the service sees of a worker that is at work: the processor time it takes. One that takes
 * more than it may is ended by the kernel; one that takes none at all stands still and will not
 * answer any more. Thread rule: any thread.
 */

#include <stdint.h>
#include <sys/types.h>

#include "lib/base/status.h"

struct worker_watch_limits {
    int64_t cpu_s;    /* processor time for one answer, all threads together */
    int64_t stall_ms; /* longest that it may go without any while an answer is awaited */
};

/* For documents and pages. A worker has one thread, so that it comes to the end of its time by the
 * clock first; a machine so busy that a process is not run for half a minute answers nobody. */
extern const struct worker_watch_limits worker_watch_usual;

/* From here on the process may use that much processor time more. */
void worker_watch_allow(pid_t pid, const struct worker_watch_limits *limits);

/*
 * Waits until there is something to read, or the deadline.
 *
 * Fails with DEADLINE_EXCEEDED CHANNEL_TIMEOUT when the process stands still.
 */
status_code worker_watch_wait(pid_t pid, int fd, const struct worker_watch_limits *limits,
                              int64_t deadline, struct status *st) _must_check_;
