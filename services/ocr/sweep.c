#include "services/ocr/sweep.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/periodic.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "lib/mesh/billing_client.h"
#include "services/ocr/job.h"
#include "services/ocr/store_doubt.h"
#include "services/ocr/store_job.h"

enum {
    STATEMENT_TIMEOUT_MS = 30000,
    ARENA_MAX_BYTES = 4 << 20,
    /* Of all that one job has. */
    BLOB_TIMEOUT_MS = 60000,
    /* Blobs are looked through less often: a round reads the keys of all jobs. */
    ROUNDS_PER_BLOB_SWEEP = 20,
};

struct sweeper {
    struct sweeper_options options;
    struct periodic *rounds;
    int64_t round_count;
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

static int64_t blob_deadline(void)
{
    return time_mono_after_ms(BLOB_TIMEOUT_MS);
}

/* What cannot be deleted at the moment is found by sweep_blobs(). */
static void delete_renditions(struct blob_store *blobs, const char *job_id)
{
    char prefix[JOB_RENDITION_KEY_SIZE];
    struct status st = {0};

    job_rendition_prefix(job_id, prefix);
    if (blob_delete_all(blobs, prefix, blob_deadline(), &st) != STATUS_OK)
        log_failure(LOG_WARNING, "pictures of an expired job were not deleted", &st,
                    LOG_STRING("job_id", job_id));
}

status_code sweep_expired(const struct sweeper_options *options, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const char **wiped;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    do {
        arena_reset(arena);
        TRY(store_sweep(options->db, statement_deadline(), SWEEP_JOBS_MAX, arena, &wiped, &count,
                        st));
        for (size_t i = 0; i < count; i++)
            delete_renditions(options->blobs, wiped[i]);
        if (count > 0)
            log_write(LOG_INFO, "expired jobs wiped", LOG_INTEGER("jobs", (int64_t)count));
    } while (count == SWEEP_JOBS_MAX);
    return STATUS_OK;
}

int64_t sweep_extend_time(int64_t expire_time)
{
    int64_t now = time_wall();

    return expire_time > now ? now + (expire_time - now) / 2 : now;
}

status_code sweep_reservations(const struct sweeper_options *options, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);

    if (arena == NULL)
        return FAIL_MEMORY(st);
    for (;;) {
        const struct job *job;
        struct status failure = {0};
        int64_t expire_time;

        arena_reset(arena);
        TRY(store_reservation_claim(options->db, statement_deadline(), arena, &job, st));
        if (job == NULL)
            return STATUS_OK;
        /* One that cannot be extended stays claimed, and is tried again when that is over. */
        if (billing_client_extend(options->billing, job->reservation_id, &expire_time, &failure) ==
            STATUS_OK)
            TRY(store_reservation_extended(options->db, statement_deadline(), job->id,
                                           sweep_extend_time(expire_time), st));
        else
            log_failure(LOG_WARNING, "a reservation could not be extended", &failure,
                        LOG_STRING("job_id", job->id));
        /* Billing is gone: by the end of a long list its first ones would be due again. */
        if (failure.code == STATUS_UNAVAILABLE || failure.code == STATUS_DEADLINE_EXCEEDED)
            return STATUS_OK;
    }
}

/* Frees what billing holds for it, if it does. */
static status_code release(const struct sweeper_options *options, const char *job_id,
                           struct status *st)
{
    if (billing_client_release_job(options->billing, job_id, st) == STATUS_OK) {
        log_write(LOG_INFO, "what was reserved for a job that never came to be was released",
                  LOG_STRING("job_id", job_id));
        return STATUS_OK;
    }
    return strcmp(st->reason, "RESERVATION_NOT_FOUND") == 0 ? STATUS_OK : st->code;
}

status_code sweep_doubts(const struct sweeper_options *options, struct status *st)
{
    char job_id[JOB_ID_SIZE];
    bool is_job, is_found;

    for (;;) {
        struct status failure = {0};

        TRY(store_doubt_claim(options->db, statement_deadline(), job_id, &is_job, &is_found, st));
        if (!is_found)
            return STATUS_OK;
        /* One that cannot be released stays claimed, and is tried again when that is over. */
        if (is_job || release(options, job_id, &failure) == STATUS_OK)
            TRY(store_doubt_delete(options->db, statement_deadline(), job_id, st));
        else
            log_failure(LOG_WARNING, "it is not known whether pages are held for nobody", &failure,
                        LOG_STRING("job_id", job_id));
        if (failure.code == STATUS_UNAVAILABLE || failure.code == STATUS_DEADLINE_EXCEEDED)
            return STATUS_OK;
    }
}

static status_code sweep_upload(const struct sweeper_options *options, const char *key,
                                const char *job_id, struct status *st)
{
    bool is_needed;

    TRY(store_job_needs_upload(options->db, statement_deadline(), job_id, &is_needed, st));
    if (is_needed)
        return STATUS_OK;
    TRY(blob_delete(options->blobs, key, blob_deadline(), st));
    log_write(LOG_INFO, "an upload that no job needs was deleted", LOG_STRING("job_id", job_id));
    return STATUS_OK;
}

/* All of a job at once. *key: of one of them; becomes one behind all of them. */
static status_code sweep_renditions(const struct sweeper_options *options, const char *job_id,
                                    char key[static BLOB_KEY_MAX + 1], struct status *st)
{
    char prefix[JOB_RENDITION_KEY_SIZE];
    bool is_needed;

    job_rendition_prefix(job_id, prefix);
    TRY(store_job_needs_renditions(options->db, statement_deadline(), job_id, &is_needed, st));
    if (!is_needed) {
        TRY(blob_delete_all(options->blobs, prefix, blob_deadline(), st));
        log_write(LOG_INFO, "pictures that no job needs were deleted",
                  LOG_STRING("job_id", job_id));
    }
    size_t length = strlen(prefix);
    memcpy(key, prefix, length + 1);
    key[length - 1]++;
    return STATUS_OK;
}

/* *ret_done: the last key that needs no look any more, `key` or one behind it. */
static status_code sweep_blob(const struct sweeper_options *options, const char *key,
                              char ret_done[static BLOB_KEY_MAX + 1], struct status *st)
{
    char job_id[JOB_ID_SIZE];

    (void)snprintf(ret_done, BLOB_KEY_MAX + 1, "%s", key);
    if (job_of_upload_key(key, job_id))
        return sweep_upload(options, key, job_id, st);
    if (job_of_rendition_key(key, job_id))
        return sweep_renditions(options, job_id, ret_done, st);
    return STATUS_OK;
}

status_code sweep_blobs(const struct sweeper_options *options, struct status *st)
{
    _cleanup_(freep) struct blob_keys *found = malloc(sizeof(*found));
    int64_t before = time_wall() - SWEEP_BLOB_AGE_SECONDS * NANOSECONDS_PER_SECOND;
    char done[BLOB_KEY_MAX + 1] = "";

    if (found == NULL)
        return FAIL_MEMORY(st);
    TRY(blob_abort_older(options->blobs, before, blob_deadline(), st));
    for (;;) {
        TRY(blob_list_older(options->blobs, before, done, blob_deadline(), found, st));
        if (found->count == 0)
            return STATUS_OK;
        for (size_t i = 0; i < found->count; i++)
            if (strcmp(found->keys[i], done) > 0)
                TRY(sweep_blob(options, found->keys[i], done, st));
    }
}

/* --- the thread --- */

static void log_if_failed(status_code code, const char *what, const struct status *st)
{
    if (code != STATUS_OK)
        log_failure(LOG_WARNING, what, st);
}

/* A periodic's function. */
static void sweep(void *arg)
{
    struct sweeper *sweeper = arg;
    struct status st = {0};

    log_if_failed(sweep_expired(&sweeper->options, &st), "expired jobs were not wiped", &st);
    log_if_failed(sweep_reservations(&sweeper->options, &st),
                  "reservations were not looked through", &st);
    log_if_failed(sweep_doubts(&sweeper->options, &st),
                  "reservations in doubt were not looked through", &st);
    if (sweeper->round_count % ROUNDS_PER_BLOB_SWEEP == 0)
        log_if_failed(sweep_blobs(&sweeper->options, &st), "blobs were not looked through", &st);
    sweeper->round_count++;
}

status_code sweeper_start(const struct sweeper_options *options, struct sweeper **ret_sweeper,
                          struct status *st)
{
    _cleanup_(freep) struct sweeper *sweeper = calloc(1, sizeof(*sweeper));

    if (sweeper == NULL)
        return FAIL_MEMORY(st);
    sweeper->options = *options;
    TRY(periodic_start(sweep, sweeper, SWEEP_INTERVAL_MS, &sweeper->rounds, st));
    *ret_sweeper = TAKE(sweeper);
    return STATUS_OK;
}

void sweeper_stop(struct sweeper *sweeper)
{
    if (sweeper == NULL)
        return;
    periodic_stop(sweeper->rounds);
    free(sweeper);
}
