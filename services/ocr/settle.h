#pragma once

/*
 * The end of jobs: once no page is left to read, billing is told what was read, the upload goes,
 * and the job gets its final state.
 *
 * A thread of its own takes jobs in state `settling`, whichever process read their pages, when it
 * is woken (STORE_SETTLE_CHANNEL) and every SETTLE_TICK_MS. Each step may be repeated without harm:
 * a process that is killed in between leaves the job claimed for SETTLE_CLAIM_MS, and then another
 * one begins anew. Billing that does not answer is asked again, with a growing pause, for as long
 * as it takes: the job shows as processing until then. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct billing_client;
struct blob_store;
struct db;
struct metrics;
struct settler;
struct upload_files;

enum {
    SETTLE_TICK_MS = 5000,
    SETTLE_CLAIM_MS = 30000,
    SETTLE_PAUSE_MAX_MS = 10000, /* between attempts at one job */
};

/* All borrowed; they outlive the settler. */
struct settler_options {
    struct db *db;
    struct blob_store *blobs;
    struct billing_client *billing;
    struct upload_files *files;
    struct metrics *metrics;
};

status_code settler_start(const struct settler_options *options, struct settler **ret_settler,
                          struct status *st) _must_check_;
/* A job may be due. */
void settler_wake(struct settler *settler);
/* Waits for the job that is being settled. */
void settler_stop(struct settler *settler);
DEFINE_CLEANUP_NAMED(struct settler *, settler_stopp, settler_stop)

/*
 * Settles what is due; what the thread does when it is woken.
 *
 * *ret_settled: how many jobs ended. Fails when the database does; billing's failures are logged
 * and the job is postponed, and where billing cannot be reached, so are those that wait behind it.
 */
status_code settle_due(const struct settler_options *options, int64_t *ret_settled,
                       struct status *st) _must_check_;
