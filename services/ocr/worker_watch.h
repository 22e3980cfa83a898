#pragma once

/*
 * What the service sees of a worker: the processor time it takes while it is at work, and the
 * memory it keeps between two pages. One that takes more time than it may is ended by the kernel;
 * one that takes none at all stands still and will not answer any more. Thread rule: any thread.
 */

#include <stdbool.h>
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

/* Of its address space, as it is limited, what a worker may keep between two pages. Half of what
 * the networks' runtime maps is never touched, as it takes a quarter of a megabyte for each kernel
 * of a few hundred bytes. Of what is left nearly all pages can be read; one that cannot goes to a
 * new worker (lane.h). */
enum {
    WORKER_WATCH_RESIDENT_PERCENT = 20,
    WORKER_WATCH_MAPPED_PERCENT = 75,
};

/* Whether the process keeps so much memory that it should be replaced before its next page:
 * libraries that recognition stands on give back less than they take. False for a process without
 * a limit. */
bool worker_watch_is_spent(pid_t pid);
