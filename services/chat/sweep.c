#include "services/chat/sweep.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/periodic.h"
#include "lib/log/log.h"
#include "lib/rpc/client.h"
#include "ocrmesh/ocr/v1/ocr_service.pb-c.h"
#include "services/chat/document_cache.h"
#include "services/chat/store_retention.h"

enum {
    STATEMENT_TIMEOUT_MS = 30000,
    CALL_TIMEOUT_MS = 10000,
    ARENA_MAX_BYTES = 4 << 20,
};

static const struct rpc_method find_missing_jobs = {
    &ocrmesh__ocr__v1__ocr_service__descriptor,
    "FindMissingJobs",
    RPC_UNARY,
};

struct sweeper {
    struct sweeper_options options;
    struct periodic *rounds;
    char after_id[RANDOM_ID_SIZE];
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

status_code sweep_expired(const struct sweeper_options *options, struct status *st)
{
    int64_t count;

    TRY(store_delete_expired(options->db, statement_deadline(), &count, st));
    if (count > 0)
        log_write(LOG_INFO, "what was kept about expired jobs was deleted",
                  LOG_INTEGER("rows", count));
    return STATUS_OK;
}

static status_code ask_ocr(const struct sweeper_options *options, const char **job_ids,
                           size_t count, struct arena *arena,
                           const Ocrmesh__Ocr__V1__FindMissingJobsResponse **ret_response,
                           struct status *st)
{
    const struct rpc_call_options call = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    Ocrmesh__Ocr__V1__FindMissingJobsRequest request =
        OCRMESH__OCR__V1__FIND_MISSING_JOBS_REQUEST__INIT;
    Ocrmesh__Ocr__V1__FindMissingJobsResponse *response = NULL;

    request.job_ids = (char **)job_ids;
    request.n_job_ids = count;
    TRY(rpc_unary(options->ocr, &find_missing_jobs, &call, &request, arena, &response, st));
    *ret_response = response;
    return STATUS_OK;
}

status_code sweep_missing(const struct sweeper_options *options,
                          char after_id[static RANDOM_ID_SIZE], struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const Ocrmesh__Ocr__V1__FindMissingJobsResponse *response;
    const char **job_ids;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(store_list_jobs(options->db, statement_deadline(), after_id, SWEEP_JOBS_MAX, arena,
                        &job_ids, &count, st));
    if (count > 0) {
        TRY(ask_ocr(options, job_ids, count, arena, &response, st));
        if (response->n_missing_job_ids > 0) {
            TRY(store_delete_jobs(options->db, statement_deadline(),
                                  (const char *const *)response->missing_job_ids,
                                  response->n_missing_job_ids, st));
            log_write(LOG_INFO, "what was kept about deleted jobs was deleted",
                      LOG_INTEGER("jobs", (int64_t)response->n_missing_job_ids));
        }
    }
    (void)snprintf(after_id, RANDOM_ID_SIZE, "%s",
                   count == SWEEP_JOBS_MAX ? job_ids[count - 1] : "");
    return STATUS_OK;
}

status_code sweep_cache(const struct sweeper_options *options, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    const Ocrmesh__Ocr__V1__FindMissingJobsResponse *response;
    const char **job_ids;
    size_t count;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    TRY(document_cache_jobs(options->cache, arena, &job_ids, &count, st));
    for (size_t first = 0; first < count; first += SWEEP_JOBS_MAX) {
        size_t left = count - first;

        TRY(ask_ocr(options, job_ids + first, left < SWEEP_JOBS_MAX ? left : SWEEP_JOBS_MAX, arena,
                    &response, st));
        for (size_t i = 0; i < response->n_missing_job_ids; i++)
            document_cache_drop(options->cache, response->missing_job_ids[i]);
    }
    return STATUS_OK;
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

    log_if_failed(sweep_expired(&sweeper->options, &st),
                  "what is kept about expired jobs was not deleted", &st);
    log_if_failed(sweep_missing(&sweeper->options, sweeper->after_id, &st),
                  "deleted jobs were not looked for", &st);
    log_if_failed(sweep_cache(&sweeper->options, &st), "deleted jobs were not looked for in memory",
                  &st);
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
