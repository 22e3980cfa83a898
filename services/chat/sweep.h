#pragma once

/*
 * What is kept about jobs goes with them, by a thread of its own every SWEEP_INTERVAL_MS:
 * conversations and indexes that have outlived their job's time, and those of jobs that ocr does
 * not know any more.
 *
 * A job that is deleted can be asked about no more at once, since ocr is asked for it with every
 * question; this deletes what was made of it. A round asks about SWEEP_JOBS_MAX jobs of the
 * database and goes on from there in the next one, and about all whose indexes are in memory.
 * Every replica does it; none disturbs another. Thread rule: any thread.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/random.h"
#include "lib/base/status.h"

struct db;
struct document_cache;
struct rpc_channel;
struct sweeper;

enum {
    SWEEP_INTERVAL_MS = 5000,
    SWEEP_JOBS_MAX = 1000, /* asked about in one call */
};

/* All borrowed; they outlive the sweeper. */
struct sweeper_options {
    struct db *db;
    struct rpc_channel *ocr;
    struct document_cache *cache;
};

status_code sweeper_start(const struct sweeper_options *options, struct sweeper **ret_sweeper,
                          struct status *st) _must_check_;
void sweeper_stop(struct sweeper *sweeper);
DEFINE_CLEANUP_NAMED(struct sweeper *, sweeper_stopp, sweeper_stop)

/* The parts of a round. */
status_code sweep_expired(const struct sweeper_options *options, struct status *st) _must_check_;
/* @after_id: the job after which this round begins ("": at the first); becomes the last one that
 * was asked about, "" at the end. */
status_code sweep_missing(const struct sweeper_options *options,
                          char after_id[static RANDOM_ID_SIZE], struct status *st) _must_check_;
status_code sweep_cache(const struct sweeper_options *options, struct status *st) _must_check_;
