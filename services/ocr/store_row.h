#pragma once

/* How a row becomes a `struct job`; for the store_*.c files alone. */

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/job.h"

struct db_rows;

/* The columns that store_row_job() reads, in its order. The last one uses page_failed. */
#define STORE_JOB_COLUMNS                                                                          \
    "job.id, job.number, job.account_id, job.principal_key, job.state, job.is_cancelled, "         \
    "job.is_purged, job.tier, job.language, job.tool, job.translate_to, job.file_name, "           \
    "job.media_type, job.size_bytes, job.discards_renditions, job.page_count, job.pages_done, "    \
    "job.priority, job.revision, job.reservation_id, job.price_credits, job.engine_name, "         \
    "job.engine_version, job.engine_models, job.mean_confidence, job.usage_pages, "                \
    "job.usage_credits, job.warnings, job.error_reason, job.error_message, "                       \
    "job.retention_seconds, job.create_time, job.finish_time, job.expire_time, "                   \
    "(SELECT string_agg(page_index::text, ',' ORDER BY page_index) FROM page "                     \
    "WHERE page.job_id = job.id AND page.error_reason IS NOT NULL)"

status_code store_row_job(const struct db_rows *rows, size_t row, struct arena *arena,
                          const struct job **ret_job, struct status *st) _must_check_;
