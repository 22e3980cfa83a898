#pragma once

/*
 * All lanes of this process with their queue: what reads pages, as one part.
 *
 * Thread rule: any thread wakes and asks; one thread starts, stops and frees.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/queue.h"

struct blob_store;
struct db;
struct metrics;
struct lanes;
struct upload_files;
struct translator;
struct vision;

enum {
    /* How long pages may take to be finished once the lanes are to stop. */
    LANES_STOP_GRACE_MS = 15000,
    /* The usual pictures_wait_ms. */
    LANES_PICTURES_WAIT_MS = 60 * 1000,
};

/* Pointers are borrowed; what they point to outlives the lanes. */
struct lanes_options {
    struct db *db;
    struct blob_store *blobs;
    struct upload_files *files;
    const char *work_dir;
    struct metrics *metrics;
    struct vision *vision;         /* NULL: there is no endpoint */
    struct translator *translator; /* NULL: no page is to be translated */
    const char *worker_path;
    int count; /* 1 to QUEUE_LANES_MAX */
    int64_t lease_ms;
    /* How long a page waits for room for its pictures before it is stored without them. */
    int64_t pictures_wait_ms;
};

status_code lanes_start(const struct lanes_options *options, struct lanes **ret_lanes,
                        struct status *st) _must_check_;
/* A page may have become free. */
void lanes_wake(struct lanes *lanes);
/* Jobs may have been cancelled whose pages are being read. */
void lanes_check_leases(struct lanes *lanes);
/* Whether a worker runs. */
bool lanes_is_ready(struct lanes *lanes);
/* No further page is begun; those under way go on. */
void lanes_begin_stop(struct lanes *lanes);
/* Waits for pages under way for LANES_STOP_GRACE_MS; those that are left then are given back. */
void lanes_free(struct lanes *lanes);
DEFINE_CLEANUP(struct lanes *, lanes)
