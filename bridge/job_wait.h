#pragma once

/*
 * Waits for a job to end, on the ocr service's WatchJob; nobody polls.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

/* Takes the exchange over, its handler and timer included. After at most `timeout_ms` calls
 * `on_job` with the job as it stands then (borrowed for the callback), ended or not; a failure to
 * learn it answers the exchange instead. */
void job_wait_start(struct exchange *exchange, const char *job_id, int64_t timeout_ms,
                    void (*on_job)(struct exchange *exchange, const Ocrmesh__Ocr__V1__Job *job));
