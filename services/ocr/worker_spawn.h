#pragma once

/*
 * Starts a worker as a process that has nothing of the service's: neither descriptors nor signals
 * nor an environment but for what its libraries look at. Thread rule: any thread.
 */

#include <sys/types.h>

/*
 * Starts the program at `path` with its end of a channel (worker_channel.h).
 *
 * @channel_fd: that end; the caller's to close.
 *
 * Returns 0, or an errno value.
 */
int worker_spawn(const char *path, int channel_fd, pid_t *ret_pid);
