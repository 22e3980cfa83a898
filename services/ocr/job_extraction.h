#pragma once

/*
 * What a tool derives from all pages of a job together: key-value pairs and line items of an
 * invoice or receipt (services/ocr/extract), made when the job is settled, and given with it.
 * Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "ocrmesh/ocr/v1/job.pb-c.h"

struct db;

enum {
    JOB_EXTRACTION_PAGES_MAX = 50, /* read pages that are looked at, from the first one on */
    /* Of the message, so that a job with it fits into one of 1 MiB. Line items from the end on are
     * left out before it is larger. */
    JOB_EXTRACTION_MAX_BYTES = 512 << 10,
};

/* Derives and stores what the job's tool asks for; of a tool that asks for nothing, nothing. May be
 * repeated. */
status_code job_extraction_make(struct db *db, const char *job_id, const char *tool,
                                struct status *st) _must_check_;

/* Puts what was stored into the job's message; leaves it unset where there is nothing. */
status_code job_extraction_attach(struct db *db, int64_t deadline, Ocrmesh__Ocr__V1__Job *message,
                                  struct arena *arena, struct status *st) _must_check_;
