#pragma once

/*
 * RateLimit-Policy and RateLimit: how many requests the caller may make, and how many are left
 * (draft-ietf-httpapi-ratelimit-headers). They stand in every answer, errors included.
 *
 * Thread rule: the loop thread.
 */

#include "lib/base/status.h"

struct exchange;

/* @per_minute: 0 is no limit, and no field. @reset_ms: until all requests are there again. */
void rate_limit_tell(struct exchange *exchange, int64_t per_minute, int64_t left, int64_t reset_ms);

/* Of a refusal that says so: RATE_LIMITED with the facts "limit" and "reset_ms". Without a reset
 * (as many things at once as the plan allows) there is no rate to tell of. */
void rate_limit_tell_refused(struct exchange *exchange, const struct status *st);
