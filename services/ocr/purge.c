#include "services/ocr/purge.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/periodic.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "services/ocr/billing_client.h"
#include "services/ocr/job.h"
#include "services/ocr/store_job.h"
#include "services/ocr/upload_files.h"

enum {
    STATEMENT_TIMEOUT_MS = 30000,
    BLOB_TIMEOUT_MS = 60000, /* of all that one job has */
    ARENA_MAX_BYTES = 1 << 20,
};

struct purger {
    struct purger_options options;
    struct periodic *rounds;
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

static status_code delete_pictures(const struct purger_options *options, const char *job_id,
                                   struct status *st)
{
    char prefix[JOB_RENDITION_KEY_SIZE];

    job_rendition_prefix(job_id, prefix);
    return blob_delete_all(options->blobs, prefix, time_mono_after_ms(BLOB_TIMEOUT_MS), st);
}

/* The row goes after its pictures, or a crash in between would leave them to nobody; and a page
 * that was being stored meanwhile may have left another one. */
static status_code delete_job(const struct purger_options *options, const char *job_id,
                              struct status *st)
{
    status_code code;

    TRY(delete_pictures(options, job_id, st));
    code = store_job_delete(options->db, statement_deadline(), job_id, st);
    if (code != STATUS_OK && code != STATUS_NOT_FOUND) /* another replica's work */
        return code;
    upload_files_drop(options->files, job_id);
    return delete_pictures(options, job_id, st);
}

/* *ret_left: jobs that settling has to end first. */
static status_code delete_jobs(const struct purger_options *options, const char *account_id,
                               int64_t *ret_left, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const char **job_ids;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    do {
        arena_reset(arena);
        TRY(store_job_ids(options->db, statement_deadline(), account_id, PURGE_JOBS_MAX, arena,
                          &job_ids, &count, st));
        for (size_t i = 0; i < count; i++)
            TRY(delete_job(options, job_ids[i], st));
    } while (count == PURGE_JOBS_MAX);
    return store_owner_forget(options->db, statement_deadline(), account_id, ret_left, st);
}

static status_code purge(const struct purger_options *options,
                         const struct billing_deleted *deleted, struct status *st)
{
    int64_t left;

    TRY(delete_jobs(options, deleted->account_id, &left, st));
    if (left > 0 || !deleted->is_settled)
        return STATUS_OK;
    TRY(billing_client_confirm_purge(options->billing, deleted->account_id, st));
    log_write(LOG_INFO, "all of a deleted account was deleted",
              LOG_STRING("account_id", deleted->account_id));
    return STATUS_OK;
}

status_code purge_deleted(const struct purger_options *options, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const struct billing_deleted *list;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(billing_client_list_deleted(options->billing, arena, &list, &count, st));
    for (size_t i = 0; i < count; i++) {
        struct status failure = {0};

        /* One that fails must not keep the others waiting. */
        if (purge(options, &list[i], &failure) != STATUS_OK)
            log_failure(LOG_WARNING, "a deleted account's data was not deleted yet", &failure,
                        LOG_STRING("account_id", list[i].account_id));
    }
    return STATUS_OK;
}

/* --- the thread --- */

/* A periodic's function. */
static void run(void *arg)
{
    const struct purger *purger = arg;
    struct status st = {0};

    if (purge_deleted(&purger->options, &st) != STATUS_OK)
        log_failure(LOG_WARNING, "deleted accounts were not looked for", &st);
}

status_code purger_start(const struct purger_options *options, struct purger **ret_purger,
                         struct status *st)
{
    _cleanup_(freep) struct purger *purger = calloc(1, sizeof(*purger));

    if (purger == NULL)
        return FAIL_MEMORY(st);
    purger->options = *options;
    TRY(periodic_start(run, purger, PURGE_INTERVAL_MS, &purger->rounds, st));
    *ret_purger = TAKE(purger);
    return STATUS_OK;
}

void purger_stop(struct purger *purger)
{
    if (purger == NULL)
        return;
    periodic_stop(purger->rounds);
    free(purger);
}
