#pragma once

/*
 * A job as the message ocrmesh.ocr.v1.Job. Thread rule: any thread, one arena each.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"
#include "services/ocr/job.h"

/* The message lives in the arena and borrows the job's text. Fails when the arena is full. */
status_code job_message_make(const struct job *job, struct arena *arena,
                             Ocrmesh__Ocr__V1__Job **ret_message, struct status *st) _must_check_;

/* Why a job or a page failed; as above. */
status_code job_message_make_error(const char *reason, const char *message, struct arena *arena,
                                   Ocrmesh__Ocr__V1__JobError **ret_error,
                                   struct status *st) _must_check_;

/* The state that callers see. */
Ocrmesh__Ocr__V1__JobState job_message_state(const struct job *job);
