#pragma once

/*
 * Housekeeping, by a thread of its own every SWEEP_INTERVAL_MS: results that have expired are
 * wiped, reservations of jobs at work are extended, those of jobs that never came to be are
 * released, uploads and pictures of pages that no job needs are deleted.
 *
 * Every replica does it; rows that another one is at are skipped. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct billing_client;
struct blob_store;
struct db;
struct sweeper;

enum {
    SWEEP_INTERVAL_MS = 15000,
    SWEEP_JOBS_MAX = 100, /* wiped in one transaction */
    /* A blob that is younger may belong to a submission or a page under way. */
    SWEEP_BLOB_AGE_SECONDS = 3600,
};

/* All borrowed; they outlive the sweeper. */
struct sweeper_options {
    struct db *db;
    struct blob_store *blobs;
    struct billing_client *billing;
};

status_code sweeper_start(const struct sweeper_options *options, struct sweeper **ret_sweeper,
                          struct status *st) _must_check_;
void sweeper_stop(struct sweeper *sweeper);
DEFINE_CLEANUP_NAMED(struct sweeper *, sweeper_stopp, sweeper_stop)

/* The parts of a round; each does all there is to do. */
status_code sweep_expired(const struct sweeper_options *options, struct status *st) _must_check_;
status_code sweep_reservations(const struct sweeper_options *options,
                               struct status *st) _must_check_;
status_code sweep_doubts(const struct sweeper_options *options, struct status *st) _must_check_;
status_code sweep_blobs(const struct sweeper_options *options, struct status *st) _must_check_;

/* When a reservation that is good until `expire_time` is to be extended: wall nanoseconds, halfway
 * there. */
int64_t sweep_extend_time(int64_t expire_time);
