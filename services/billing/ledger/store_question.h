#pragma once

/*
 * Counts of questions in the database. Functions with a transaction are steps of one, the account
 * being locked. Times are wall nanoseconds. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/billing/ledger/usage.h"

struct db_tx;

/* Whether the request id was counted, and what was used of the day. */
status_code store_question_find(struct db_tx *tx, const char *account_id, const char *request_id,
                                int64_t day_start_time, bool *ret_counted, int64_t *ret_used,
                                struct status *st) _must_check_;
/* A request id that was not counted yet. */
status_code store_question_count(struct db_tx *tx, const char *account_id, const char *request_id,
                                 int64_t day_start_time, int64_t now,
                                 struct status *st) _must_check_;

/* What was used of the day. */
status_code store_question_used(struct db *db, int64_t deadline, const char *account_id,
                                int64_t day_start_time, int64_t *ret_used,
                                struct status *st) _must_check_;
/* Request ids from before `ids_time`, days that began before `days_time`. */
status_code store_question_forget(struct db *db, int64_t deadline, int64_t ids_time,
                                  int64_t days_time, struct status *st) _must_check_;

/* @first_day, @last_day: "2026-01-31", both included. @ret_days: by day, in the arena. */
status_code store_question_days(struct db *db, int64_t deadline, const char *account_id,
                                const char *first_day, const char *last_day, struct arena *arena,
                                const struct usage_questions **ret_days, size_t *ret_count,
                                struct status *st) _must_check_;
