#pragma once

/*
 * A thread that does something every so often: a look at a neighbour, a sweep.
 *
 * The first run is at once; the next one starts `interval_ms` after the last one ended. Thread
 * rule: any thread starts and stops it; the function runs on its own thread, one run at a time.
 */

#include <stdint.h>

#include "lib/base/status.h"

struct periodic;

/* @run: must return within the time that a stop may take. @arg: borrowed. */
status_code periodic_start(void (*run)(void *arg), void *arg, int64_t interval_ms,
                           struct periodic **ret_periodic, struct status *st) _must_check_;
/* Waits for a run that is under way. */
void periodic_stop(struct periodic *periodic);
DEFINE_CLEANUP_NAMED(struct periodic *, periodic_stopp, periodic_stop)
