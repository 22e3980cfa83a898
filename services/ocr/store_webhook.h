#pragma once

/*
 * Notices of jobs that have ended, in the database: a queue that all replicas work at, and a log.
 *
 * What changes the queue notifies STORE_WEBHOOK_CHANNEL. Text lives in the arena that is given.
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"

struct db;
struct db_tx;

#define STORE_WEBHOOK_CHANNEL "ocr_webhook"

enum {
    WEBHOOK_LIFE_HOURS = 24,      /* how long one is tried; API: B18 */
    WEBHOOK_DELIVERIES_MAX = 100, /* kept of one */
    WEBHOOK_LIST_MAX = 100,
    WEBHOOK_SECRET_OVERLAP_HOURS = 24,
};

/* --- with the job, in its transactions --- */

status_code store_webhook_insert(struct db_tx *tx, const char *job_id, const char *account_id,
                                 const char *url, struct status *st) _must_check_;
/* The job has ended: what it has, if anything, is to be posted. */
status_code store_webhook_begin(struct db_tx *tx, const char *job_id,
                                struct status *st) _must_check_;

/* --- the queue --- */

/* One that is to be posted by who has claimed it. */
struct webhook_task {
    const char *job_id;
    const char *account_id;
    const char *message_id;
    const char *url;
    const char *lease_token;
    job_state job_state;
    int64_t event_time;
    int32_t attempt; /* from 1 */
    int32_t tries;   /* from 1; begins anew when it is sent again */
};

/* Claims the one that is due longest, of an account of which none is being posted at the moment,
 * for `lease_ms`; *ret_found is false when there is none. */
status_code store_webhook_claim(struct db *db, int64_t deadline, int64_t lease_ms,
                                struct arena *arena, struct webhook_task *ret_task, bool *ret_found,
                                struct status *st) _must_check_;
/* In how many ms the next one is due; may be 0 or less; INT64_MAX: none is. */
status_code store_webhook_wait_ms(struct db *db, int64_t deadline, int64_t *ret_wait_ms,
                                  struct status *st) _must_check_;

typedef enum {
    WEBHOOK_DELIVERED,
    WEBHOOK_AGAIN,   /* after `pause_ms`, unless the day is over by then */
    WEBHOOK_REFUSED, /* for good */
} webhook_outcome;

struct webhook_attempt {
    int64_t start_time;
    int64_t duration_ms;
    int http_status; /* 0: no answer */
    const char *error;
    webhook_outcome outcome;
    int64_t pause_ms;
};

/* Logs an attempt and ends the claim. *ret_given_up: that was the last one, and it did not arrive.
 * No effect when the claim was lost meanwhile, or the job removed. */
status_code store_webhook_end(struct db *db, int64_t deadline, const struct webhook_task *task,
                              const struct webhook_attempt *attempt, bool *ret_given_up,
                              struct status *st) _must_check_;
/* Ends a claim without an attempt. */
status_code store_webhook_give_back(struct db *db, int64_t deadline,
                                    const struct webhook_task *task,
                                    struct status *st) _must_check_;

/* --- for its owner --- */

struct webhook_delivery {
    int32_t attempt;
    int64_t start_time;
    int64_t duration_ms;
    int http_status;
    const char *error;
};

struct webhook {
    const char *job_id;
    const char *message_id;
    const char *url;
    const char *state;                         /* word of the table */
    int64_t next_attempt_time;                 /* 0: none */
    const struct webhook_delivery *deliveries; /* newest first */
    size_t delivery_count;
};

/* Fails with WEBHOOK_NOT_FOUND. */
status_code store_webhook_get(struct db *db, int64_t deadline, const char *job_id,
                              struct arena *arena, struct webhook *ret_webhook,
                              struct status *st) _must_check_;
/* The jobs of an account that have one, from the newest on; a list that is full may go on. */
struct webhook_list {
    char job_ids[WEBHOOK_LIST_MAX][JOB_ID_SIZE];
    size_t count;
    int64_t last_number; /* of the last job, store_webhook_list()'s next `before_number` */
};

/* @before_number: INT64_MAX for the first list. */
status_code store_webhook_list(struct db *db, int64_t deadline, const char *account_id,
                               int64_t before_number, struct webhook_list *ret_list,
                               struct status *st) _must_check_;
/* Fails with WEBHOOK_NOT_FOUND, and JOB_NOT_DONE while the job has not ended. */
status_code store_webhook_resend(struct db *db, int64_t deadline, const char *job_id,
                                 struct status *st) _must_check_;

/* --- secrets --- */

struct webhook_secret {
    const char *secret;
    const char *previous_secret; /* NULL: none counts any more */
    int64_t create_time;
    int64_t previous_expire_time; /* 0 with the above */
};

/* `fresh` becomes the account's where it has none. */
status_code store_webhook_secret(struct db *db, int64_t deadline, const char *account_id,
                                 const char *fresh, struct arena *arena,
                                 struct webhook_secret *ret_secret, struct status *st) _must_check_;
status_code store_webhook_secret_rotate(struct db *db, int64_t deadline, const char *account_id,
                                        const char *fresh, struct arena *arena,
                                        struct webhook_secret *ret_secret,
                                        struct status *st) _must_check_;
status_code store_webhook_secret_forget(struct db *db, int64_t deadline, const char *account_id,
                                        struct status *st) _must_check_;
