#pragma once

/*
 * How long a client would wait for a job to end: ?wait=30, or "Prefer: wait=30" and
 * "Prefer: respond-async" (API: B13; RFC 7240 §4.1, §4.3). Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/base/status.h"

enum { JOB_PATIENCE_MAX_SECONDS = 60 };

/*
 * @unsaid_ms: what holds for who does not say.
 *
 * With both preferences, the job is waited for as long as it says, and only then answered as it is.
 * The answer gets Preference-Applied. Fails with INVALID_FIELD for a `wait` in the query that is no
 * number; a longer one than JOB_PATIENCE_MAX_SECONDS counts as that.
 */
status_code job_patience_read(struct exchange *exchange, int64_t unsaid_ms, int64_t *ret_wait_ms,
                              struct status *st) _must_check_;
