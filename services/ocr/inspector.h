#pragma once

/*
 * Looks at uploads before they become jobs: what they are and how many pages they have.
 *
 * The looking is done by worker processes, a few of them kept ready, each served by a thread of its
 * own; callers wait in line. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker_process.h"

struct inspector;

enum {
    INSPECTOR_WORKERS_MAX = 32,
    INSPECTOR_TIMEOUT_MS = 30000, /* for one file */
    INSPECTOR_LINE_MAX = 256,     /* callers that wait; the next one is refused */
};

/* @worker_path: borrowed. */
status_code inspector_start(const char *worker_path, int workers, struct inspector **ret_inspector,
                            struct status *st) _must_check_;
/* No caller may be waiting any more. */
void inspector_stop(struct inspector *inspector);
DEFINE_CLEANUP_NAMED(struct inspector *, inspector_stopp, inspector_stop)

/*
 * @fd: the file; borrowed.
 * @pages_max: a file with more pages is not looked into further; at least 1.
 *
 * Fails as the worker does (INVALID_ARGUMENT with UNSUPPORTED_TYPE, ENCRYPTED, CORRUPT, NO_PAGES or
 * TOO_LARGE); with INVALID_ARGUMENT CORRUPT for a file that ends the worker or keeps it longer than
 * INSPECTOR_TIMEOUT_MS; with RESOURCE_EXHAUSTED QUEUE_FULL when too many wait; with
 * DEADLINE_EXCEEDED at `deadline`.
 */
status_code inspector_look(struct inspector *inspector, const char *job_id, int fd,
                           uint32_t pages_max, int64_t deadline,
                           struct worker_document *ret_document, struct status *st) _must_check_;
