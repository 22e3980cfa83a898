#pragma once

/*
 * The page queue in the database: leases on pages that have not ended.
 *
 * A lease is a random token on a page task, known to one lane. A page is free when it has none; who
 * holds the token may end the page, also when the lease's time is over, for as long as it was not
 * freed. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/trace_context.h"
#include "services/ocr/job.h"

struct db;

/* A leased page. */
struct page_task {
    char job_id[JOB_ID_SIZE];
    char lease_token[RANDOM_ID_SIZE];
    int32_t page_index;
    int32_t attempts; /* this lease included */
    int32_t worker_deaths;
    bool is_first; /* the job is still pending */
    job_tier tier;
    char language[JOB_LANGUAGE_MAX + 1];
    char tool[JOB_TOOL_MAX + 1];
    char translate_to[JOB_LANGUAGE_MAX + 1]; /* "": nothing */
    bool keeps_renditions;
    struct trace_context submission; /* the trace of who submitted the job, or none */
    int64_t submit_time;             /* of the job; wall nanoseconds */
};

/*
 * Leases the next free page, or none.
 *
 * Order: the highest priority; the caller with the fewest pages leased by others than `holder`; the
 * caller of the job `stay_job_id`; the caller whose turn was longest ago; the caller with the
 * oldest job. Of that caller: the job `stay_job_id`, then the oldest one, in the order of its
 * pages. When more than a thousand callers wait at one priority, the ones in excess wait for one to
 * be through.
 *
 * @holder: "process/lane", for the log and for the order above.
 * @stay_job_id: the job whose file is open, or NULL.
 */
status_code store_queue_lease(struct db *db, int64_t deadline, const char *holder,
                              const char *stay_job_id, int64_t lease_ms, struct page_task *ret_task,
                              bool *ret_found, struct status *st) _must_check_;

/* Makes a pending job a processing one. */
status_code store_queue_mark_processing(struct db *db, int64_t deadline, const char *job_id,
                                        struct status *st) _must_check_;

/* Extends the leases of `tokens` that still stand; `ret_stands` tells which ones of the `count`. */
status_code store_queue_renew(struct db *db, int64_t deadline, const char *const *tokens,
                              size_t count, int64_t lease_ms, bool *ret_stands,
                              struct status *st) _must_check_;

/* Frees the pages whose leases have run out, and wakes the lanes when there are any. */
status_code store_queue_free_expired(struct db *db, int64_t deadline, int64_t *ret_freed,
                                     struct status *st) _must_check_;

/* Frees a page that was not read, as if it had not been leased. */
status_code store_queue_give_back(struct db *db, int64_t deadline, const char *lease_token,
                                  struct status *st) _must_check_;

/*
 * Counts a worker that died of the page. Below `deaths_max` the page is freed for another try; at
 * it the lease stays, and the caller ends the page. *ret_deaths is 0 when the lease was lost.
 */
status_code store_queue_count_death(struct db *db, int64_t deadline, const char *lease_token,
                                    int32_t deaths_max, int32_t *ret_deaths,
                                    struct status *st) _must_check_;

/* What is at one rank, which is the priority negated: smaller is served first. */
struct queue_line {
    int32_t rank;
    int64_t pages, callers; /* that wait */
    int64_t leased;         /* pages at work */
};

enum { QUEUE_LINES_MAX = 16 };

/* The queue at a moment. */
struct queue_load {
    int64_t pages; /* that have not ended */
    int64_t lanes; /* of all processes, that have a page */
    size_t line_count;
    struct queue_line lines[QUEUE_LINES_MAX]; /* by rank; beyond these, less urgent ones */
};

/* Counts no further than `pages_max` pages. */
status_code store_queue_load(struct db *db, int64_t deadline, int64_t pages_max,
                             struct queue_load *ret_load, struct status *st) _must_check_;

/* How many pages of a caller wait at a rank; counts no further than `pages_max`. */
status_code store_queue_count_waiting(struct db *db, int64_t deadline, int32_t rank,
                                      const char *principal_key, int64_t pages_max,
                                      int64_t *ret_pages, struct status *st) _must_check_;

struct queue_depth {
    job_tier tier;
    int64_t pages_waiting;
    int64_t pages_leased;
    int64_t oldest_waiting_time; /* wall nanoseconds; 0: nothing waits */
};

enum { QUEUE_TIERS_MAX = 2 };

/* One entry a tier, also where nothing waits. */
status_code store_queue_depth(struct db *db, int64_t deadline,
                              struct queue_depth ret_depths[static QUEUE_TIERS_MAX],
                              struct status *st) _must_check_;
