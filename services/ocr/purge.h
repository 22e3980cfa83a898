#pragma once

/*
 * What is kept of accounts that were deleted goes too: jobs, results, uploads, pictures.
 *
 * Billing tells whose it is, every PURGE_INTERVAL_MS, until it is told that nothing is left; so
 * that a crash of any part, at any time, costs a round and nothing else. Jobs that are at work are
 * cancelled, and what they had reserved is released by settling. It is confirmed only when billing
 * had said before that nothing is reserved: a submission that was under way may have stored its job
 * at the last moment.
 *
 * Every replica does it; none disturbs another. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct billing_client;
struct blob_store;
struct db;
struct purger;
struct upload_files;

enum {
    PURGE_INTERVAL_MS = 3000,
    PURGE_JOBS_MAX = 100, /* looked up at once */
};

/* All borrowed; they outlive the purger. */
struct purger_options {
    struct db *db;
    struct blob_store *blobs;
    struct billing_client *billing;
    struct upload_files *files;
};

status_code purger_start(const struct purger_options *options, struct purger **ret_purger,
                         struct status *st) _must_check_;
void purger_stop(struct purger *purger);
DEFINE_CLEANUP_NAMED(struct purger *, purger_stopp, purger_stop)

/* One round: all accounts that billing names. */
status_code purge_deleted(const struct purger_options *options, struct status *st) _must_check_;
