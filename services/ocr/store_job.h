#pragma once

/*
 * Jobs in the database: submission, look-up, listing, cancelling, removal.
 *
 * With the other store_*.h this is the only place that speaks SQL. `deadline` is in monotonic
 * nanoseconds. A change that callers can see grows the job's revision and notifies
 * STORE_JOB_CHANNEL with the job's id. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"

struct db;

/* NOTIFY channels. The payload of the first is a job's id; the next two wake who waits for work;
 * the last one tells that leases were taken away. */
#define STORE_JOB_CHANNEL    "ocr_job"
#define STORE_PAGE_CHANNEL   "ocr_page"
#define STORE_SETTLE_CHANNEL "ocr_settle"
#define STORE_CANCEL_CHANNEL "ocr_cancel"

/* All states, for store_job_list(). */
enum { STORE_STATE_ANY = -1 };

/* What a new job consists of, beyond the struct. */
struct store_new_job {
    const struct job *job; /* id, owner, options, file, page_count, priority, reservation, price,
                            * retention; the rest is made here */
    const int32_t *page_indexes;
    int64_t reservation_extend_time; /* wall nanoseconds */
    /* The submission's claim, or all NULL. */
    const char *request_id;
    const char *claim_token;
    struct str fingerprint;
    const char *webhook_url; /* NULL: none */
    const char *traceparent; /* of the call that submits it; NULL: none */
};

/*
 * Makes the job and its page tasks, settles the submission's claim, and wakes the lanes; all or
 * nothing. Repeating it with the same id changes nothing. ABORTED IDEMPOTENCY_IN_PROGRESS when the
 * claim has gone to another call.
 */
status_code store_job_insert(struct db *db, int64_t deadline, const struct store_new_job *new_job,
                             struct status *st) _must_check_;

/* Fails with JOB_NOT_FOUND; deleted ones are not there. */
status_code store_job_get(struct db *db, int64_t deadline, const char *job_id, struct arena *arena,
                          const struct job **ret_job, struct status *st) _must_check_;

/*
 * An account's jobs with a number below `before_number`, newest first, expired ones left out.
 * @state: a job_state or STORE_STATE_ANY; settling jobs are listed as what they show.
 */
status_code store_job_list(struct db *db, int64_t deadline, const char *account_id, int state,
                           int64_t before_number, int32_t limit, struct arena *arena,
                           const struct job ***ret_jobs, size_t *ret_count,
                           struct status *st) _must_check_;

/* Jobs of a caller that have not ended. */
status_code store_job_count_active(struct db *db, int64_t deadline, const char *principal_key,
                                   int64_t *ret_count, struct status *st) _must_check_;

/* Lets go of the pages that have not ended and hands the job to settling. No effect on a job that
 * is settling or has ended. */
status_code store_job_cancel(struct db *db, int64_t deadline, const char *job_id,
                             struct status *st) _must_check_;

/* As cancel; then the job is gone for every caller, with its pages. The row of a job that is not
 * settled yet follows when it is. */
status_code store_job_delete(struct db *db, int64_t deadline, const char *job_id,
                             struct status *st) _must_check_;

/* Ids of an account's jobs that are not deleted, expired ones included; up to `limit`, in the
 * arena. */
status_code store_job_ids(struct db *db, int64_t deadline, const char *account_id, int32_t limit,
                          struct arena *arena, const char ***ret_ids, size_t *ret_count,
                          struct status *st) _must_check_;

/* Forgets what else is known of a caller. *ret_jobs_left: its jobs that wait to be settled. */
status_code store_owner_forget(struct db *db, int64_t deadline, const char *account_id,
                               int64_t *ret_jobs_left, struct status *st) _must_check_;

/* Whether the upload of a job is still needed. */
status_code store_job_needs_upload(struct db *db, int64_t deadline, const char *job_id,
                                   bool *ret_needs, struct status *st) _must_check_;

/* Whether pictures of its pages are kept (job_keeps_renditions()); false for a job that is not
 * there. */
status_code store_job_needs_renditions(struct db *db, int64_t deadline, const char *job_id,
                                       bool *ret_needs, struct status *st) _must_check_;

/*
 * Housekeeping, up to `limit` jobs at once: wipes the results of expired jobs, and forgets jobs,
 * submissions and turns that are of no use any more.
 *
 * @ret_purged: ids of the jobs that were wiped, in the arena.
 */
status_code store_sweep(struct db *db, int64_t deadline, int32_t limit, struct arena *arena,
                        const char ***ret_purged, size_t *ret_count,
                        struct status *st) _must_check_;

/* A reservation that is due to be extended; claims it for a minute. *ret_job is NULL when there is
 * none. */
status_code store_reservation_claim(struct db *db, int64_t deadline, struct arena *arena,
                                    const struct job **ret_job, struct status *st) _must_check_;
status_code store_reservation_extended(struct db *db, int64_t deadline, const char *job_id,
                                       int64_t extend_time, struct status *st) _must_check_;
