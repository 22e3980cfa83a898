#pragma once

/*
 * A job whose submitter hangs up before it has heard of it: nobody else knows its id, so that
 * nobody wants it, and it is cancelled. Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"

/* From now on, until the exchange's answer has begun. `job_id` is copied. */
void abandoned_job_watch(struct exchange *exchange, const char *job_id);
