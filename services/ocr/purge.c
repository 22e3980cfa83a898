#include "services/ocr/purge.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/blob/blob.h"
#include "services/ocr/job.h"
#include "services/ocr/store_job.h"
#include "services/ocr/upload_files.h"

enum {
    STATEMENT_TIMEOUT_MS = 30000,
    BLOB_TIMEOUT_MS = 60000, /* of all that one job has */
    ARENA_MAX_BYTES = 1 << 20,
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

static status_code delete_pictures(const struct purge_parts *parts, const char *job_id,
                                   struct status *st)
{
    char prefix[JOB_RENDITION_KEY_SIZE];

    job_rendition_prefix(job_id, prefix);
    return blob_delete_all(parts->blobs, prefix, time_mono_after_ms(BLOB_TIMEOUT_MS), st);
}

/* The row goes after its pictures, or a crash in between would leave them to nobody; and a page
 * that was being stored meanwhile may have left another one. */
static status_code delete_job(const struct purge_parts *parts, const char *job_id,
                              struct status *st)
{
    status_code code;

    TRY(delete_pictures(parts, job_id, st));
    code = store_job_delete(parts->db, statement_deadline(), job_id, st);
    if (code != STATUS_OK && code != STATUS_NOT_FOUND) /* another replica's work */
        return code;
    upload_files_drop(parts->files, job_id);
    return delete_pictures(parts, job_id, st);
}

status_code purge_account(void *arg, const char *account_id, bool *ret_is_gone, struct status *st)
{
    const struct purge_parts *parts = arg;
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const char **job_ids;
    size_t count;
    int64_t left; /* jobs that settling has to end first */

    if (arena == NULL)
        return FAIL_MEMORY(st);
    do {
        arena_reset(arena);
        TRY(store_job_ids(parts->db, statement_deadline(), account_id, PURGE_JOBS_MAX, arena,
                          &job_ids, &count, st));
        for (size_t i = 0; i < count; i++)
            TRY(delete_job(parts, job_ids[i], st));
    } while (count == PURGE_JOBS_MAX);
    TRY(store_owner_forget(parts->db, statement_deadline(), account_id, &left, st));
    *ret_is_gone = left == 0;
    return STATUS_OK;
}
