#pragma once

/*
 * What tools found in documents, in the database. Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

struct db;

/* Keeps a packed ocrmesh.ocr.v1.Extraction of a job, in place of the one before; of a job that is
 * gone nothing. */
status_code store_extraction_put(struct db *db, int64_t deadline, const char *job_id,
                                 struct str content, struct status *st) _must_check_;

/* In the arena; p is NULL when there is none. */
status_code store_extraction_get(struct db *db, int64_t deadline, const char *job_id,
                                 struct arena *arena, struct str *ret_content,
                                 struct status *st) _must_check_;
