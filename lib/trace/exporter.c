#include "lib/trace/exporter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/base/thread.h"
#include "lib/base/wait.h"
#include "lib/http/http_client.h"
#include "lib/log/log.h"

enum {
    ANSWER_MAX_BYTES = 64 << 10, /* of the receiver, which is not read */
    HEADER_MAX_BYTES = 2 * OTLP_PAIR_MAX_BYTES,
    BATCH_BASE_BYTES = 1 << 16,
};

struct exporter {
    struct trace_options options;
    struct otlp_pairs resource;
    char headers[HTTP_FIELDS_MAX][HEADER_MAX_BYTES];
    const char *header_list[HTTP_FIELDS_MAX];
    size_t header_count;
    struct http_client *client;
    pthread_t thread;
    struct trace_span **batch;
    bool is_failing; /* the last export failed, which was logged */

    _Atomic int64_t exported, dropped_full, dropped_lost;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct trace_span **queue; /* a ring */
    size_t first, count;
    int64_t stop_deadline; /* 0: it goes on */
    bool has_ended;
};

void exporter_hand_in(struct exporter *exporter, struct trace_span *span)
{
    const size_t capacity = (size_t)exporter->options.queue_max;

    pthread_mutex_lock(&exporter->lock);
    bool is_full = exporter->count == capacity;
    if (!is_full) {
        exporter->queue[(exporter->first + exporter->count++) % capacity] = span;
        if (exporter->count == (size_t)exporter->options.batch_max)
            pthread_cond_broadcast(&exporter->changed);
    }
    pthread_mutex_unlock(&exporter->lock);
    if (is_full) {
        atomic_fetch_add(&exporter->dropped_full, 1);
        free(span);
    }
}

/* Waits for a batch, or for the time that its spans may wait; returns how many spans it is. */
static size_t take_batch(struct exporter *exporter, bool *ret_is_stopping)
{
    const size_t batch_max = (size_t)exporter->options.batch_max;
    const int64_t due = time_mono_after_ms(exporter->options.delay_ms);
    size_t count;

    pthread_mutex_lock(&exporter->lock);
    while (exporter->count < batch_max && exporter->stop_deadline == 0 &&
           wait_until(&exporter->changed, &exporter->lock, due))
        ;
    count = exporter->count < batch_max ? exporter->count : batch_max;
    for (size_t i = 0; i < count; i++)
        exporter->batch[i] =
            exporter->queue[(exporter->first + i) % (size_t)exporter->options.queue_max];
    exporter->first = (exporter->first + count) % (size_t)exporter->options.queue_max;
    exporter->count -= count;
    *ret_is_stopping = exporter->stop_deadline != 0;
    pthread_mutex_unlock(&exporter->lock);
    return count;
}

/* --- sending --- */

static int64_t call_deadline(struct exporter *exporter)
{
    int64_t deadline = time_mono_after_ms(exporter->options.timeout_ms);

    pthread_mutex_lock(&exporter->lock);
    if (exporter->stop_deadline != 0 && exporter->stop_deadline < deadline)
        deadline = exporter->stop_deadline;
    pthread_mutex_unlock(&exporter->lock);
    return deadline;
}

/* False when the exporter is to end. */
static bool pause_before_retry(struct exporter *exporter, int64_t pause_ms)
{
    int64_t until = time_mono_after_ms(pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms));

    pthread_mutex_lock(&exporter->lock);
    while (exporter->stop_deadline == 0 && wait_until(&exporter->changed, &exporter->lock, until))
        ;
    bool goes_on = exporter->stop_deadline == 0;
    pthread_mutex_unlock(&exporter->lock);
    return goes_on;
}

/* The answer's body has nothing that we could act upon. */
static bool pass_over(void *arg, const struct http_answer *answer, struct str piece)
{
    return true;
}

/* *ret_pause_ms: how long the receiver wants to be left alone; 0: it does not say. */
static status_code post(struct exporter *exporter, struct str body, bool *ret_may_retry,
                        int64_t *ret_pause_ms, struct status *st)
{
    const int64_t timeout_ms = exporter->options.timeout_ms;
    const struct http_request request = {
        .url = exporter->options.url,
        .body = body,
        .content_type = "application/x-protobuf",
        .bearer_token = "",
        .headers = exporter->header_list,
        .header_count = exporter->header_count,
        .ca_file = exporter->options.ca_file,
        .times = {timeout_ms, timeout_ms, timeout_ms, call_deadline(exporter)},
        .body_max_bytes = ANSWER_MAX_BYTES,
        .on_body = pass_over,
    };
    struct http_answer answer = {0};

    *ret_pause_ms = 0;
    status_code code = http_client_post(exporter->client, &request, &answer, st);
    if (code != STATUS_OK) {
        *ret_may_retry = code == STATUS_UNAVAILABLE || code == STATUS_DEADLINE_EXCEEDED ||
                         code == STATUS_DATA_LOSS;
        return code;
    }
    *ret_pause_ms = answer.retry_after_ms;
    *ret_may_retry = answer.status == 429 || (answer.status >= 502 && answer.status <= 504);
    if (answer.status < 200 || answer.status > 299)
        return FAIL(st, STATUS_UNAVAILABLE, NULL, "the receiver of traces answered %d",
                    answer.status);
    return STATUS_OK;
}

static status_code send_body(struct exporter *exporter, struct str body, struct status *st)
{
    int64_t pause_ms = EXPORTER_PAUSE_FIRST_MS;

    for (int attempt = 1;; attempt++) {
        bool may_retry;
        int64_t wanted_ms;
        status_code code = post(exporter, body, &may_retry, &wanted_ms, st);

        if (wanted_ms > EXPORTER_PAUSE_MAX_MS)
            wanted_ms = EXPORTER_PAUSE_MAX_MS;
        if (code == STATUS_OK || !may_retry || attempt >= EXPORTER_ATTEMPTS_MAX ||
            !pause_before_retry(exporter, wanted_ms > pause_ms ? wanted_ms : pause_ms))
            return code;
        pause_ms = pause_ms * 2 < EXPORTER_PAUSE_MAX_MS ? pause_ms * 2 : EXPORTER_PAUSE_MAX_MS;
    }
}

static status_code send_batch(struct exporter *exporter, size_t count, struct status *st)
{
    _cleanup_(arena_freep) struct arena *arena =
        arena_new(BATCH_BASE_BYTES + count * OTLP_BATCH_BYTES_PER_SPAN);
    struct str body;

    if (arena == NULL || !otlp_encode(exporter->batch, count, &exporter->resource, arena, &body))
        return FAIL_MEMORY(st);
    return send_body(exporter, body, st);
}

static void export_batch(struct exporter *exporter, size_t count)
{
    struct status st = {0};

    if (send_batch(exporter, count, &st) == STATUS_OK) {
        atomic_fetch_add(&exporter->exported, (int64_t)count);
        if (exporter->is_failing)
            log_write(LOG_INFO, "traces are exported again");
        exporter->is_failing = false;
        return;
    }
    atomic_fetch_add(&exporter->dropped_lost, (int64_t)count);
    if (!exporter->is_failing)
        log_failure(LOG_WARNING, "traces cannot be exported", &st);
    exporter->is_failing = true;
}

static void *run(void *arg)
{
    struct exporter *exporter = arg;
    bool is_stopping = false;

    for (size_t count = 1; !is_stopping || count > 0;) {
        count = take_batch(exporter, &is_stopping);
        if (count > 0)
            export_batch(exporter, count);
        for (size_t i = 0; i < count; i++)
            free(exporter->batch[i]);
    }
    pthread_mutex_lock(&exporter->lock);
    exporter->has_ended = true;
    pthread_cond_broadcast(&exporter->changed);
    pthread_mutex_unlock(&exporter->lock);
    return NULL;
}

/* --- life --- */

static void exporter_free(struct exporter *exporter)
{
    if (exporter == NULL)
        return;
    for (size_t i = 0; exporter->queue != NULL && i < exporter->count; i++)
        free(exporter->queue[(exporter->first + i) % (size_t)exporter->options.queue_max]);
    free(exporter->queue);
    free(exporter->batch);
    http_client_free(exporter->client);
    pthread_cond_destroy(&exporter->changed);
    pthread_mutex_destroy(&exporter->lock);
    free(exporter);
}
DEFINE_CLEANUP(struct exporter *, exporter)

static status_code copy_headers(struct exporter *exporter, const struct otlp_pairs *headers,
                                struct status *st)
{
    for (size_t i = 0; i < headers->count; i++) {
        const struct otlp_pair *pair = &headers->entries[i];
        int length = i < HTTP_FIELDS_MAX ? snprintf(exporter->headers[i], HEADER_MAX_BYTES,
                                                    "%s: %s", pair->name, pair->value)
                                         : HEADER_MAX_BYTES;

        if (length >= HEADER_MAX_BYTES)
            return FAIL(st, STATUS_INVALID_ARGUMENT, "CONFIG",
                        "OTEL_EXPORTER_OTLP_HEADERS must be at most %d pairs name=value",
                        HTTP_FIELDS_MAX);
        exporter->header_list[exporter->header_count++] = exporter->headers[i];
    }
    return STATUS_OK;
}

status_code exporter_start(const struct exporter_options *options, struct exporter **ret_exporter,
                           struct status *st)
{
    _cleanup_(exporter_freep) struct exporter *exporter = calloc(1, sizeof(*exporter));

    if (exporter == NULL)
        return FAIL_MEMORY(st);
    exporter->options = *options->trace;
    if (exporter->options.batch_max > exporter->options.queue_max)
        exporter->options.batch_max = exporter->options.queue_max;
    exporter->resource = options->resource;
    (void)pthread_mutex_init(&exporter->lock, NULL);
    wait_init(&exporter->changed);
    exporter->queue = calloc((size_t)exporter->options.queue_max, sizeof(struct trace_span *));
    exporter->batch = calloc((size_t)exporter->options.batch_max, sizeof(struct trace_span *));
    TRY(http_start(st));
    exporter->client = http_client_new();
    if (exporter->queue == NULL || exporter->batch == NULL || exporter->client == NULL)
        return FAIL_MEMORY(st);
    TRY(copy_headers(exporter, &options->headers, st));
    if (!thread_start(&exporter->thread, "trace", run, exporter))
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "no thread left to export traces");
    *ret_exporter = TAKE(exporter);
    return STATUS_OK;
}

struct trace_counts exporter_counts(const struct exporter *exporter)
{
    return (struct trace_counts){
        .exported = atomic_load(&exporter->exported),
        .dropped_full = atomic_load(&exporter->dropped_full),
        .dropped_lost = atomic_load(&exporter->dropped_lost),
    };
}

struct trace_counts exporter_stop(struct exporter *exporter)
{
    pthread_mutex_lock(&exporter->lock);
    exporter->stop_deadline = time_mono_after_ms(TRACE_STOP_TIMEOUT_MS);
    pthread_cond_broadcast(&exporter->changed);
    while (!exporter->has_ended &&
           wait_until(&exporter->changed, &exporter->lock, exporter->stop_deadline))
        ;
    pthread_mutex_unlock(&exporter->lock);
    /* A call that began before the stop may last longer. */
    http_client_interrupt(exporter->client);
    (void)pthread_join(exporter->thread, NULL);
    struct trace_counts counts = exporter_counts(exporter);
    exporter_free(exporter);
    return counts;
}
