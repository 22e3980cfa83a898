#include "services/ocr/settle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/blob/blob.h"
#include "lib/log/log.h"
#include "lib/mesh/billing_client.h"
#include "lib/trace/trace.h"
#include "services/ocr/job.h"
#include "services/ocr/job_extraction.h"
#include "services/ocr/metrics.h"
#include "services/ocr/store_settle.h"
#include "services/ocr/upload_files.h"

enum {
    ARENA_MAX_BYTES = 1 << 16,
    STATEMENT_TIMEOUT_MS = 10000,
    PAUSE_MIN_MS = 250,
};

struct settler {
    struct settler_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_woken;
    bool is_stopping;
};

/* --- one job --- */

static bool is_final(const struct status *st)
{
    return strcmp(st->reason, "RESERVATION_NOT_FOUND") == 0 ||
           strcmp(st->reason, "RESERVATION_ENDED") == 0;
}

/* Charges the pages that were read, or frees the reservation when there are none. A reservation
 * that billing does not have any more can only be given up: the pages are the caller's for
 * nothing, which is logged as the error that it is. */
static status_code charge(const struct settler_options *options,
                          const struct settlement *settlement, int64_t *ret_credits,
                          struct status *st)
{
    status_code code;
    int64_t credits = 0;

    if (settlement->pages_read > 0)
        code = billing_client_commit(options->billing, settlement->reservation_id,
                                     settlement->pages_read, &credits, st);
    else
        code = billing_client_release(options->billing, settlement->reservation_id, st);
    if (code != STATUS_OK && is_final(st)) {
        log_failure(LOG_ERROR, "a reservation is gone, the job is not charged", st,
                    LOG_STRING("job_id", settlement->job_id),
                    LOG_STRING("reservation_id", settlement->reservation_id),
                    LOG_INTEGER("pages", settlement->pages_read));
        credits = 0;
        code = STATUS_OK;
    }
    if (code == STATUS_OK)
        *ret_credits = credits;
    return code;
}

/* A document without what its tool should have found in it is better than none: what fails for
 * another reason than the database is logged. */
static status_code derive(const struct settler_options *options,
                          const struct settlement *settlement, struct status *st)
{
    struct status failure = {0};

    status_code code =
        settlement->pages_read == 0
            ? STATUS_OK
            : job_extraction_make(options->db, settlement->job_id, settlement->tool, &failure);
    if (code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED) {
        *st = failure;
        return code;
    }
    if (code != STATUS_OK)
        log_failure(LOG_ERROR, "a tool found nothing in a document", &failure,
                    LOG_STRING("job_id", settlement->job_id), LOG_STRING("tool", settlement->tool));
    return STATUS_OK;
}

static status_code settle(const struct settler_options *options,
                          const struct settlement *settlement, struct status *st)
{
    char key[JOB_BLOB_KEY_SIZE];
    int64_t credits;

    TRY(derive(options, settlement, st));
    TRY(charge(options, settlement, &credits, st));
    job_upload_key(settlement->job_id, key);
    TRY(blob_delete(options->blobs, key, time_mono_after_ms(STATEMENT_TIMEOUT_MS), st));
    TRY(store_settle_finish(options->db, time_mono_after_ms(STATEMENT_TIMEOUT_MS),
                            settlement->job_id, credits > 0 ? settlement->pages_read : 0, credits,
                            st));
    upload_files_drop(options->files, settlement->job_id);
    atomic_fetch_add(&options->metrics->jobs_settled, 1);
    return STATUS_OK;
}

/* As a span of the submission's trace. */
static status_code settle_traced(const struct settler_options *options,
                                 const struct settlement *settlement, struct status *st)
{
    struct trace_context context;
    struct trace_span *span =
        trace_span_begin_below(TRACE_CONSUMER, "ocr settle", &settlement->submission, &context);
    struct trace_context before = trace_context_swap(context);
    status_code code = settle(options, settlement, st);

    if (code != STATUS_OK)
        trace_span_fail(span, status_code_name(code));
    (void)trace_context_swap(before);
    trace_span_end(span);
    return code;
}

/* Doubles with each attempt. */
static int64_t pause_ms(int32_t attempts)
{
    int64_t pause = attempts < 16 ? (int64_t)PAUSE_MIN_MS << attempts : SETTLE_PAUSE_MAX_MS;

    pause = pause < SETTLE_PAUSE_MAX_MS ? pause : SETTLE_PAUSE_MAX_MS;
    return pause / 2 + (int64_t)random_below((uint64_t)pause / 2 + 1);
}

/* What would fail for the next job as well: to go on would take the wait for each of them. */
static bool is_gone(const struct status *st)
{
    return st->code == STATUS_UNAVAILABLE || st->code == STATUS_DEADLINE_EXCEEDED;
}

status_code settle_due(const struct settler_options *options, int64_t *ret_settled,
                       struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena = arena_new(ARENA_MAX_BYTES);
    int64_t settled = 0;

    if (arena == NULL)
        return FAIL_MEMORY(st);
    for (;;) {
        struct settlement settlement;
        struct status failure = {0};
        bool is_found;

        arena_reset(arena);
        TRY(store_settle_claim(options->db, time_mono_after_ms(STATEMENT_TIMEOUT_MS), NULL,
                               SETTLE_CLAIM_MS, arena, &settlement, &is_found, st));
        if (!is_found)
            break;
        if (settle_traced(options, &settlement, &failure) == STATUS_OK) {
            settled++;
            continue;
        }
        atomic_fetch_add(&options->metrics->settle_failures, 1);
        log_failure(LOG_WARNING, "a job could not be settled yet", &failure,
                    LOG_STRING("job_id", settlement.job_id),
                    LOG_INTEGER("attempts", settlement.attempts));
        TRY(store_settle_postpone(options->db, time_mono_after_ms(STATEMENT_TIMEOUT_MS),
                                  settlement.job_id, pause_ms(settlement.attempts), st));
        if (is_gone(&failure))
            break;
    }
    *ret_settled = settled;
    return STATUS_OK;
}

/* --- the thread --- */

static bool wait_for_work(struct settler *settler, int64_t timeout_ms)
{
    int64_t tick = time_mono_after_ms(timeout_ms);
    bool goes_on;

    pthread_mutex_lock(&settler->lock);
    while (!settler->is_woken && !settler->is_stopping &&
           wait_until(&settler->changed, &settler->lock, tick))
        ;
    settler->is_woken = false;
    goes_on = !settler->is_stopping;
    pthread_mutex_unlock(&settler->lock);
    return goes_on;
}

static void *run(void *arg)
{
    struct settler *settler = arg;
    bool goes_on;

    do {
        struct status st = {0};
        int64_t settled;
        if (settle_due(&settler->options, &settled, &st) != STATUS_OK)
            log_failure(LOG_WARNING, "jobs could not be settled", &st);
        goes_on = wait_for_work(settler, SETTLE_TICK_MS);
    } while (goes_on);
    return NULL;
}

status_code settler_start(const struct settler_options *options, struct settler **ret_settler,
                          struct status *st)
{
    struct settler *settler = calloc(1, sizeof(*settler));

    if (settler == NULL)
        return FAIL_MEMORY(st);
    settler->options = *options;
    pthread_mutex_init(&settler->lock, NULL);
    wait_init(&settler->changed);
    if (pthread_create(&settler->thread, NULL, run, settler) != 0) {
        pthread_cond_destroy(&settler->changed);
        pthread_mutex_destroy(&settler->lock);
        free(settler);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left");
    }
    *ret_settler = settler;
    return STATUS_OK;
}

void settler_wake(struct settler *settler)
{
    pthread_mutex_lock(&settler->lock);
    settler->is_woken = true;
    pthread_cond_signal(&settler->changed);
    pthread_mutex_unlock(&settler->lock);
}

void settler_stop(struct settler *settler)
{
    if (settler == NULL)
        return;
    pthread_mutex_lock(&settler->lock);
    settler->is_stopping = true;
    pthread_cond_signal(&settler->changed);
    pthread_mutex_unlock(&settler->lock);
    (void)pthread_join(settler->thread, NULL);
    pthread_cond_destroy(&settler->changed);
    pthread_mutex_destroy(&settler->lock);
    free(settler);
}
