#pragma once

/*
 * A lane: a thread with a worker process of its own that reads page after page off the queue.
 *
 * The worker is started ahead of work. Once it has answered, the next page is leased and asked for
 * first, and the page that it read is stored while it is at work again: the worker waits for one
 * statement, no more. A lane prefers the job whose file it has open, as far as priority and
 * fairness allow, and for LANE_STAY_PAGES pages in a row.
 *
 * What ends a page otherwise:
 * - The worker reports a failure: failed page with that reason. What may be for want of memory
 *   (RESOURCE_EXHAUSTED, INTERNAL) in a worker that has read other pages is tried once more, by a
 *   new one.
 * - The worker does not answer: failed page, PAGE_TIMEOUT; the worker is replaced.
 * - The worker dies: the page is freed, the LANE_DEATHS_MAX-th time it is a failed page,
 *   WORKER_CRASHED; the worker is replaced.
 * - The lease is lost: the worker is replaced, nothing is stored. A job that is cancelled loses its
 *   leases at once.
 * - The upload is gone: failed page, UPLOAD_LOST.
 *
 * A worker that keeps too much memory between two pages (worker_watch.h) is replaced.
 *
 * Where there is a vision endpoint, pages of the vlm tier go there between two steps of the worker
 * (lane_vision.h), while the lane waits. So do pages that are to be translated (page_translate.h).
 *
 * A database that is away is waited for, with the page in memory and its pictures in a file.
 *
 * Thread rule: lane_start() and the others any thread, one at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct blob_store;
struct db;
struct lane;
struct metrics;
struct queue;
struct upload_files;
struct translator;
struct vision;

enum {
    LANE_DEATHS_MAX = 2,
    /* Pages of one job in a row before the callers' turns alone decide again. */
    LANE_STAY_PAGES = 8,
    /* More than what a worker allows itself for a page (recognize.h), so that a late answer comes
     * from the worker. */
    LANE_PAGE_TIMEOUT_MS = 150 * 1000,
    LANE_OPEN_TIMEOUT_MS = 60 * 1000,
    LANE_REPLACE_MS = 10 * 1000,
};

/* Pointers are borrowed; what they point to outlives the lane. */
struct lane_options {
    int number; /* from 0, below the queue's lanes */
    const char *worker_path;
    struct db *db;
    struct blob_store *blobs;
    struct queue *queue;
    struct upload_files *files;
    const char *work_dir; /* for pictures of pages until they are stored */
    struct metrics *metrics;
    struct vision *vision;         /* NULL: there is no endpoint */
    struct translator *translator; /* NULL: no page is to be translated */
    int64_t pictures_wait_ms;      /* as in lanes.h */
};

status_code lane_start(const struct lane_options *options, struct lane **ret_lane,
                       struct status *st) _must_check_;
/* Ends the page that is being read, if any, without storing it; its lease is given back once the
 * queue is stopping. */
void lane_interrupt(struct lane *lane);
/* Whether the worker runs, or is being replaced since no longer than LANE_REPLACE_MS. */
bool lane_is_ready(struct lane *lane);
/* Whether the thread has ended, which it does once the queue is stopping. */
bool lane_has_ended(struct lane *lane);
/* Waits for the end of the thread. */
void lane_free(struct lane *lane);
DEFINE_CLEANUP(struct lane *, lane)
