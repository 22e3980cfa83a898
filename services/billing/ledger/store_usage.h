#pragma once

/*
 * What accounts were charged, in the database. Thread rule: any thread.
 */

#include "services/billing/ledger/usage.h"

/* @first_day, @last_day: "2026-01-31", both included. @ret_days: in the arena. */
status_code store_usage_days(struct db *db, int64_t deadline, const char *account_id,
                             const char *first_day, const char *last_day, struct arena *arena,
                             const struct usage_day **ret_days, size_t *ret_count,
                             struct status *st) _must_check_;
