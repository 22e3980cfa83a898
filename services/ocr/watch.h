#pragma once

/*
 * Who waits for a job to change, in this process.
 *
 * Notifications of the database (STORE_JOB_CHANNEL) come in through watch_notify() and wake the
 * watches of that job; nobody asks the database whether something happened. A watch is told of
 * everything that happens after watch_begin(): who begins it, then reads the job, misses nothing.
 * Thread rule: any thread; one thread a watch.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "services/ocr/job.h"

struct watch_hub;
struct watch;

struct watch_hub *watch_hub_new(void); /* NULL when out of memory */
/* After all its watches have ended. */
void watch_hub_free(struct watch_hub *hub);
DEFINE_CLEANUP(struct watch_hub *, watch_hub)

/* A job has changed; NULL: any job may have. */
void watch_notify(struct watch_hub *hub, const char *job_id);
/* From here on no watch waits: the process drains. */
void watch_hub_stop(struct watch_hub *hub);
bool watch_hub_is_stopping(struct watch_hub *hub);

/* NULL when out of memory. */
struct watch *watch_begin(struct watch_hub *hub, const char *job_id);
void watch_end(struct watch *watch);
DEFINE_CLEANUP_NAMED(struct watch *, watch_endp, watch_end)

/* Until the job has changed since the last return (or the begin), somebody woke the watch, or the
 * deadline (monotonic nanoseconds). */
void watch_wait(struct watch *watch, int64_t deadline);
/* Ends a wait. Any thread. */
void watch_wake(struct watch *watch);
