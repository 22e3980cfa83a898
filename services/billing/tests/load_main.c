/*
 * billing-load: a client that keeps billing busy, and what it measured, as one line of JSON.
 *
 *     billing-load TARGET pairs SECONDS CALLERS ACCOUNTS   OpenReservation and CommitReservation
 *     billing-load TARGET tokens SECONDS CALLERS TOKEN     Authenticate, as the bridge calls it
 *
 * CALLERS chains of calls go on at once, each one call after the other, over one channel on one
 * event loop, as in the bridge. ACCOUNTS ids are in use: 00000000-0000-0000-0000-000000000001 and
 * on. Ends with 1 when any call fails.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/rpc/async.h"
#include "ocrmesh/billing/v1/billing_service.pb-c.h"
#include "services/billing/uuid.h"

enum {
    ARGUMENTS = 6,
    EXIT_USAGE = 2,
    CALLERS_MAX = 1000,
    SECONDS_MAX = 3600,
    SAMPLES_MAX = 4000000, /* 16 MB of latencies */
    CALL_TIMEOUT_MS = 30000,
};

#define BILLING (&ocrmesh__billing__v1__billing_service__descriptor)

static const struct rpc_method open_method = {BILLING, "OpenReservation", RPC_UNARY};
static const struct rpc_method commit_method = {BILLING, "CommitReservation", RPC_UNARY};
static const struct rpc_method authenticate_method = {BILLING, "Authenticate", RPC_UNARY};

/* The loop thread sleeps until the rpc loop has events. */
struct wakeup {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_due;
};

struct load {
    struct rpc_loop *loop;
    struct rpc_channel *channel;
    struct wakeup wakeup;
    const char *token; /* NULL: pairs */
    int64_t account_count;
    int64_t end_time; /* monotonic: no chain begins anew after it */
    int running;      /* chains */
    uint32_t *latencies_us;
    size_t count;
    struct status failure; /* the first one */
};

struct chain {
    struct load *load;
    char reservation_id[UUID_SIZE]; /* of the pair under way; empty before it is open */
    int64_t start_time;
};

static void go_on(struct chain *chain);

static void wake(void *arg)
{
    struct wakeup *wakeup = arg;

    pthread_mutex_lock(&wakeup->mutex);
    wakeup->is_due = true;
    pthread_cond_signal(&wakeup->changed);
    pthread_mutex_unlock(&wakeup->mutex);
}

static void wait_for_events(struct wakeup *wakeup)
{
    pthread_mutex_lock(&wakeup->mutex);
    while (!wakeup->is_due)
        pthread_cond_wait(&wakeup->changed, &wakeup->mutex);
    wakeup->is_due = false;
    pthread_mutex_unlock(&wakeup->mutex);
}

static void stop_chain(struct chain *chain, const struct status *st)
{
    if (st != NULL && chain->load->failure.code == STATUS_OK)
        chain->load->failure = *st;
    chain->load->running--;
}

static void note_latency(struct chain *chain)
{
    struct load *load = chain->load;

    if (load->count < SAMPLES_MAX)
        load->latencies_us[load->count++] = (uint32_t)((time_mono() - chain->start_time) / 1000);
}

static void on_opened(struct rpc_async_call *call, const void *message, void *arg)
{
    const Ocrmesh__Billing__V1__OpenReservationResponse *response = message;
    struct chain *chain = arg;

    (void)snprintf(chain->reservation_id, sizeof(chain->reservation_id), "%s",
                   response->reservation_id);
}

static void on_open_end(struct rpc_async_call *call, const struct status *st,
                        const struct rpc_metadata *trailers, void *arg)
{
    if (st->code != STATUS_OK)
        stop_chain(arg, st);
    else
        go_on(arg);
}

/* Of the last call of a round. */
static void on_round_end(struct rpc_async_call *call, const struct status *st,
                         const struct rpc_metadata *trailers, void *arg)
{
    struct chain *chain = arg;

    if (st->code != STATUS_OK) {
        stop_chain(chain, st);
        return;
    }
    note_latency(chain);
    chain->reservation_id[0] = '\0';
    if (time_mono() < chain->load->end_time)
        go_on(chain);
    else
        stop_chain(chain, NULL);
}

static void call(struct chain *chain, const struct rpc_method *method, const void *request,
                 const struct rpc_async_callbacks *callbacks)
{
    const struct rpc_call_options options = {.deadline = time_mono_after_ms(CALL_TIMEOUT_MS)};
    struct status st = {0};

    if (rpc_async_unary(chain->load->loop, chain->load->channel, method, &options, request,
                        callbacks, chain, NULL, &st) != STATUS_OK)
        stop_chain(chain, &st);
}

static void open_one(struct chain *chain)
{
    static const struct rpc_async_callbacks callbacks = {.on_message = on_opened,
                                                         .on_end = on_open_end};
    Ocrmesh__Billing__V1__OpenReservationRequest request =
        OCRMESH__BILLING__V1__OPEN_RESERVATION_REQUEST__INIT;
    char request_id[RANDOM_ID_SIZE], account_id[UUID_SIZE];

    random_id(request_id);
    (void)snprintf(account_id, sizeof(account_id), "00000000-0000-0000-0000-%012" PRIx64,
                   random_below((uint64_t)chain->load->account_count) + 1);
    request.request_id = request_id;
    request.account_id = account_id;
    request.tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    request.pages = 1;
    call(chain, &open_method, &request, &callbacks);
}

static void go_on(struct chain *chain)
{
    static const struct rpc_async_callbacks callbacks = {.on_end = on_round_end};

    if (chain->reservation_id[0] != '\0') {
        Ocrmesh__Billing__V1__CommitReservationRequest request =
            OCRMESH__BILLING__V1__COMMIT_RESERVATION_REQUEST__INIT;
        request.reservation_id = chain->reservation_id;
        request.pages = 1;
        call(chain, &commit_method, &request, &callbacks);
        return;
    }
    chain->start_time = time_mono();
    if (chain->load->token == NULL) {
        open_one(chain);
        return;
    }
    Ocrmesh__Billing__V1__AuthenticateRequest request =
        OCRMESH__BILLING__V1__AUTHENTICATE_REQUEST__INIT;
    request.token = (char *)chain->load->token;
    request.client_address = (char *)"192.0.2.1";
    request.count_request = true;
    call(chain, &authenticate_method, &request, &callbacks);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void print_result(struct load *load, double seconds)
{
    size_t last = load->count - 1;

    qsort(load->latencies_us, load->count, sizeof(*load->latencies_us), compare);
    (void)printf("{\"count\": %zu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_us\": %" PRIu32
                 ", \"p99_us\": %" PRIu32 ", \"max_us\": %" PRIu32 "}\n",
                 load->count, seconds, (double)load->count / seconds, load->latencies_us[last / 2],
                 load->latencies_us[last / 100 * 99], load->latencies_us[last]);
}

static status_code run(struct load *load, const char *target, int64_t seconds, int64_t callers,
                       struct status *st)
{
    _cleanup_(freep) struct chain *chains = calloc((size_t)callers, sizeof(*chains));
    int64_t start_time;

    load->latencies_us = calloc(SAMPLES_MAX, sizeof(*load->latencies_us));
    if (chains == NULL || load->latencies_us == NULL)
        return FAIL_MEMORY(st);
    TRY(rpc_channel_new(&(struct rpc_channel_options){.target = target}, &load->channel, st));
    TRY(rpc_channel_wait_ready(load->channel, time_mono_after_ms(CALL_TIMEOUT_MS), st));
    TRY(rpc_loop_new(wake, &load->wakeup, &load->loop, st));

    start_time = time_mono();
    load->end_time = start_time + seconds * NANOSECONDS_PER_SECOND;
    load->running = (int)callers;
    for (int64_t i = 0; i < callers; i++) {
        chains[i].load = load;
        go_on(&chains[i]);
    }
    while (load->running > 0) {
        wait_for_events(&load->wakeup);
        rpc_loop_dispatch(load->loop);
    }
    if (load->failure.code != STATUS_OK) {
        *st = load->failure;
        return st->code;
    }
    print_result(load, (double)(time_mono() - start_time) / NANOSECONDS_PER_SECOND);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    static struct load load = {
        .wakeup = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}};
    struct status st = {0};
    int64_t seconds, callers;

    bool is_tokens = argc == ARGUMENTS && strcmp(argv[2], "tokens") == 0;
    bool is_pairs = argc == ARGUMENTS && strcmp(argv[2], "pairs") == 0;
    if (!(is_tokens || is_pairs) || !str_to_int64(str_of(argv[3]), &seconds) || seconds < 1 ||
        seconds > SECONDS_MAX || !str_to_int64(str_of(argv[4]), &callers) || callers < 1 ||
        callers > CALLERS_MAX ||
        (is_pairs && (!str_to_int64(str_of(argv[5]), &load.account_count) ||
                      load.account_count < 1 || load.account_count > INT32_MAX))) {
        (void)fputs("Usage: billing-load TARGET pairs|tokens SECONDS CALLERS ACCOUNTS|TOKEN\n",
                    stderr);
        return EXIT_USAGE;
    }
    if (is_tokens)
        load.token = argv[5];
    rpc_start();
    status_code code = run(&load, argv[1], seconds, callers, &st);
    rpc_loop_free(load.loop);
    rpc_channel_free(load.channel);
    rpc_stop();
    free(load.latencies_us);
    if (code != STATUS_OK)
        (void)fprintf(stderr, "billing-load: %s\n", st.message);
    return code == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
