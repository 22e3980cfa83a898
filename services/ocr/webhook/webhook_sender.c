#include "services/ocr/webhook/webhook_sender.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/wait.h"
#include "lib/http/http_client.h"
#include "lib/http/http_guard.h"
#include "lib/log/log.h"
#include "services/ocr/metrics.h"
#include "services/ocr/store_webhook.h"
#include "services/ocr/webhook/webhook_message.h"

enum {
    STATEMENT_TIMEOUT_MS = 10000,
    ARENA_MAX_BYTES = 1 << 16,
    TICK_MS = 5000,          /* should a notification have been lost */
    BLOCKED_MS = 1000,       /* what is due waits for another one of its account */
    LEASE_SPARE_MS = 45000,  /* beyond the attempt: name resolution, the database */
    ANSWER_MAX_BYTES = 4096, /* read of a body */
    STATUS_GONE = 410,
    FIELD_SIZE = 160,
};

struct sender_thread {
    struct webhook_sender *sender;
    struct http_client *client;
    struct arena *arena; /* of one notice */
    pthread_t thread;
    bool is_started;
};

struct webhook_sender {
    struct webhook_sender_options options;
    pthread_mutex_t lead; /* held by the one thread that looks for work */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_woken;
    atomic_bool is_stopping;
    int count;
    struct sender_thread threads[];
};

static int64_t statement_deadline(void)
{
    return time_mono_after_ms(STATEMENT_TIMEOUT_MS);
}

/* --- one notice --- */

struct reading {
    int status; /* 0: no answer began */
    size_t bytes;
};

/* The status counts, not what is said with it. */
static bool on_body(void *arg, const struct http_answer *answer, struct str piece)
{
    struct reading *reading = arg;

    reading->status = answer->status;
    reading->bytes += piece.n;
    return reading->bytes <= ANSWER_MAX_BYTES;
}

/* With the secret before the present one, too, while that counts. */
static status_code write_signature(const struct webhook_sender_options *options,
                                   struct sender_thread *thread, const struct webhook_task *task,
                                   int64_t seconds, struct str body,
                                   char ret_field[static FIELD_SIZE], struct status *st)
{
    char fresh[WEBHOOK_SECRET_SIZE], signature[WEBHOOK_SIGNATURE_SIZE];
    char previous[WEBHOOK_SIGNATURE_SIZE] = "";
    struct webhook_secret secret;

    webhook_secret_make(fresh);
    TRY(store_webhook_secret(options->db, statement_deadline(), task->account_id, fresh,
                             thread->arena, &secret, st));
    if (!webhook_sign(secret.secret, task->message_id, seconds, body, signature) ||
        (secret.previous_secret != NULL &&
         !webhook_sign(secret.previous_secret, task->message_id, seconds, body, previous)))
        return FAIL(st, STATUS_INTERNAL, NULL, "a webhook's secret is none");
    (void)snprintf(ret_field, FIELD_SIZE, "webhook-signature: %s%s%s", signature,
                   previous[0] != '\0' ? " " : "", previous);
    return STATUS_OK;
}

/* *ret_reading tells the status of an answer, whole or not. */
static status_code post(const struct webhook_sender_options *options, struct sender_thread *thread,
                        const struct webhook_task *task, struct reading *ret_reading,
                        struct http_answer *ret_answer, struct status *st)
{
    char body[WEBHOOK_BODY_SIZE], id[FIELD_SIZE], time[FIELD_SIZE], signature[FIELD_SIZE];
    const char *const headers[] = {id, time, signature, "user-agent: ocrmesh"};
    int64_t seconds = time_wall() / NANOSECONDS_PER_SECOND;
    struct http_pin pin;

    webhook_body_write(task->job_id, task->job_state, task->event_time, body);
    (void)snprintf(id, sizeof(id), "webhook-id: %s", task->message_id);
    (void)snprintf(time, sizeof(time), "webhook-timestamp: %" PRId64, seconds);
    TRY(write_signature(options, thread, task, seconds, str_of(body), signature, st));
    TRY(http_guard_resolve(options->guard, task->url, &pin, st));
    const struct http_request request = {
        .url = task->url,
        .pin = &pin,
        .body = str_of(body),
        .content_type = "application/json",
        .bearer_token = "",
        .headers = headers,
        .header_count = ARRAY_LENGTH(headers),
        .ca_file = options->ca_file,
        .times = {.connect_ms = options->timeout_ms,
                  .first_byte_ms = options->timeout_ms,
                  .stall_ms = options->timeout_ms,
                  .deadline_ns = time_mono_after_ms(options->timeout_ms)},
        .body_max_bytes = SIZE_MAX,
        .on_body = on_body,
        .arg = ret_reading,
    };
    status_code code = http_client_post(thread->client, &request, ret_answer, st);
    if (code == STATUS_OK)
        ret_reading->status = ret_answer->status;
    /* An answer of 2xx that was not read to its end is one. */
    return code == STATUS_ABORTED && ret_reading->status != 0 ? STATUS_OK : code;
}

static struct webhook_attempt judge(const struct webhook_sender_options *options,
                                    const struct webhook_task *task, status_code code,
                                    const struct reading *reading, const struct http_answer *answer,
                                    const struct status *st)
{
    struct webhook_attempt attempt = {
        .http_status = code == STATUS_OK ? reading->status : 0,
        .error = code == STATUS_OK ? "" : st->message,
        .outcome = WEBHOOK_AGAIN,
        .pause_ms = webhook_pause_ms(task->tries, options->pause_ms),
    };

    if (attempt.http_status >= 200 && attempt.http_status <= 299)
        attempt.outcome = WEBHOOK_DELIVERED;
    else if (attempt.http_status == STATUS_GONE)
        attempt.outcome = WEBHOOK_REFUSED;
    if (answer->retry_after_ms > attempt.pause_ms)
        attempt.pause_ms = answer->retry_after_ms;
    return attempt;
}

static void count(struct metrics *metrics, const struct webhook_attempt *attempt, bool is_given_up)
{
    atomic_fetch_add(attempt->outcome == WEBHOOK_DELIVERED ? &metrics->webhooks_delivered
                                                           : &metrics->webhook_failures,
                     1);
    if (is_given_up)
        atomic_fetch_add(&metrics->webhooks_given_up, 1);
}

static status_code deliver(struct sender_thread *thread, const struct webhook_task *task,
                           struct status *st)
{
    const struct webhook_sender_options *options = &thread->sender->options;
    int64_t start_time = time_wall(), start = time_mono();
    struct reading reading = {0};
    struct http_answer answer = {0};
    struct status failure = {0};
    bool is_given_up;

    status_code code = post(options, thread, task, &reading, &answer, &failure);
    if (http_client_is_interrupted(thread->client) && code != STATUS_OK)
        return store_webhook_give_back(options->db, statement_deadline(), task, st);
    struct webhook_attempt attempt = judge(options, task, code, &reading, &answer, &failure);
    attempt.start_time = start_time;
    attempt.duration_ms = (time_mono() - start) / NANOSECONDS_PER_MS;
    TRY(store_webhook_end(options->db, statement_deadline(), task, &attempt, &is_given_up, st));
    count(options->metrics, &attempt, is_given_up);
    log_write(LOG_INFO, "webhook posted", LOG_STRING("job_id", task->job_id),
              LOG_INTEGER("attempt", task->attempt), LOG_INTEGER("status", attempt.http_status),
              LOG_STRING("error", attempt.error));
    return STATUS_OK;
}

/* --- the threads --- */

/* Until something may be due. */
static void pause_for(struct webhook_sender *sender, int64_t wait_ms)
{
    int64_t deadline = time_mono_after_ms(wait_ms);

    pthread_mutex_lock(&sender->lock);
    while (!sender->is_woken && !atomic_load(&sender->is_stopping))
        if (!wait_until(&sender->changed, &sender->lock, deadline))
            break;
    sender->is_woken = false;
    pthread_mutex_unlock(&sender->lock);
}

static int64_t wait_ms(const struct webhook_sender_options *options)
{
    struct status st = {0};
    int64_t until_due;

    if (store_webhook_wait_ms(options->db, statement_deadline(), &until_due, &st) != STATUS_OK)
        return TICK_MS;
    return until_due <= 0 ? BLOCKED_MS : until_due < TICK_MS ? until_due : TICK_MS;
}

/* False: the sender stops. */
static bool find_work(struct sender_thread *thread, struct webhook_task *ret_task)
{
    struct webhook_sender *sender = thread->sender;
    const struct webhook_sender_options *options = &sender->options;

    while (!atomic_load(&sender->is_stopping)) {
        struct status st = {0};
        bool is_found = false;

        arena_reset(thread->arena);
        if (store_webhook_claim(options->db, statement_deadline(),
                                options->timeout_ms + LEASE_SPARE_MS, thread->arena, ret_task,
                                &is_found, &st) != STATUS_OK)
            log_failure(LOG_WARNING, "webhooks were not looked for", &st);
        if (is_found)
            return true;
        pause_for(sender, wait_ms(options));
    }
    return false;
}

static void *run(void *arg)
{
    struct sender_thread *thread = arg;
    struct webhook_task task;

    for (;;) {
        struct status st = {0};

        pthread_mutex_lock(&thread->sender->lead);
        bool is_found = find_work(thread, &task);
        pthread_mutex_unlock(&thread->sender->lead);
        if (!is_found)
            return NULL;
        /* What could not be noted is posted again when the lease is over. */
        if (deliver(thread, &task, &st) != STATUS_OK)
            log_failure(LOG_WARNING, "a webhook's attempt was not noted", &st,
                        LOG_STRING("job_id", task.job_id));
    }
}

void webhook_sender_wake(struct webhook_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    sender->is_woken = true;
    pthread_cond_broadcast(&sender->changed);
    pthread_mutex_unlock(&sender->lock);
}

void webhook_sender_stop(struct webhook_sender *sender)
{
    if (sender == NULL)
        return;
    atomic_store(&sender->is_stopping, true);
    webhook_sender_wake(sender);
    for (int i = 0; i < sender->count; i++)
        if (sender->threads[i].client != NULL)
            http_client_interrupt(sender->threads[i].client);
    for (int i = 0; i < sender->count; i++) {
        struct sender_thread *thread = &sender->threads[i];

        if (thread->is_started)
            (void)pthread_join(thread->thread, NULL);
        http_client_free(thread->client);
        arena_free(thread->arena);
    }
    pthread_cond_destroy(&sender->changed);
    pthread_mutex_destroy(&sender->lock);
    pthread_mutex_destroy(&sender->lead);
    free(sender);
}

status_code webhook_sender_start(const struct webhook_sender_options *options,
                                 struct webhook_sender **ret_sender, struct status *st)
{
    _cleanup_(webhook_sender_stopp) struct webhook_sender *sender =
        calloc(1, sizeof(*sender) + (size_t)options->calls * sizeof(struct sender_thread));

    if (sender == NULL)
        return FAIL_MEMORY(st);
    sender->options = *options;
    sender->count = options->calls;
    pthread_mutex_init(&sender->lead, NULL);
    pthread_mutex_init(&sender->lock, NULL);
    wait_init(&sender->changed);
    for (int i = 0; i < sender->count; i++) {
        struct sender_thread *thread = &sender->threads[i];

        thread->sender = sender;
        thread->client = http_client_new();
        thread->arena = arena_new(ARENA_MAX_BYTES);
        if (thread->client == NULL || thread->arena == NULL)
            return FAIL_MEMORY(st);
        thread->is_started = pthread_create(&thread->thread, NULL, run, thread) == 0;
        if (!thread->is_started)
            return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "no thread can be started");
    }
    *ret_sender = TAKE(sender);
    return STATUS_OK;
}
