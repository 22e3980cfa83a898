#include "bridge/shared_call.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/bridge.h"
#include "bridge/http/error.h"
#include "bridge/upstream.h"
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/rpc/allocator.h"
#include "lib/rpc/caller.h"

enum { BUCKETS = 1024 /* a power of two */ };

/* One exchange that asks; in its arena. It stands in a list: of those who wait, or of a flight. */
struct asker {
    struct exchange *exchange; /* a reference */
    struct asker_list *list;
    struct asker *previous, *next;
    void (*on_reply)(struct exchange *exchange, const void *reply, void *data);
    void *data;
    struct exchange_cancel cancel;
};

struct asker_list {
    struct asker *first, *last;
    int32_t count;
    struct question *question; /* of those who wait; NULL: those of a flight */
    struct flight *flight;
};

/* Calls that are alike: those under way and those who wait for the next one. Lives as long as there
 * is one of either. */
struct question {
    struct shared_calls *calls;
    const struct shared_method *method;
    const ProtobufCMessageDescriptor *input;
    struct rpc_channel *channel;
    struct asker_list waiting;
    int flights;
    int64_t last_start;
    struct question *next; /* of the bucket */
    size_t request_start;  /* in the key: the packed request */
    size_t key_length;
    uint8_t key[]; /* token and address, each with a NUL, and the request */
};

/* A call under way. */
struct flight {
    struct question *question; /* NULL: settled, or of one who asks by himself */
    const struct shared_method *method;
    const ProtobufCMessageDescriptor *input;
    struct rpc_channel *channel;
    struct rpc_async_call *call; /* NULL: it has its answer, or was not made */
    struct asker_list askers;
    bool is_for_several;
    size_t request_length;
    uint8_t request[]; /* packed */
};

struct shared_calls {
    uv_timer_t timer;
    uint64_t seed; /* so that nobody chooses requests of one bucket */
    struct question *buckets[BUCKETS];
};

/* --- lists --- */

static void append(struct asker_list *list, struct asker *asker)
{
    asker->list = list;
    asker->previous = list->last;
    asker->next = NULL;
    if (list->last != NULL)
        list->last->next = asker;
    else
        list->first = asker;
    list->last = asker;
    list->count++;
}

static void take_out(struct asker *asker)
{
    struct asker_list *list = asker->list;

    if (asker->previous != NULL)
        asker->previous->next = asker->next;
    else
        list->first = asker->next;
    if (asker->next != NULL)
        asker->next->previous = asker->previous;
    else
        list->last = asker->previous;
    list->count--;
    asker->list = NULL;
}

/* The next one who is to be told; the caller drops its reference to the exchange. */
static struct asker *take_first(struct asker_list *list)
{
    struct asker *asker = list->first;

    if (asker == NULL)
        return NULL;
    take_out(asker);
    exchange_remove_cancel(asker->exchange, &asker->cancel);
    return asker;
}

/* --- questions --- */

/* FNV-1a (Fowler, Noll, Vo), begun with the seed. */
static size_t bucket_of(const struct shared_calls *calls, const uint8_t *key, size_t length)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ calls->seed;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ key[i]) * UINT64_C(0x100000001B3);
    return (size_t)(hash ^ hash >> 32) & (BUCKETS - 1);
}

static struct question **find(struct shared_calls *calls, const struct question *wanted)
{
    struct question **at = &calls->buckets[bucket_of(calls, wanted->key, wanted->key_length)];

    while (*at != NULL && ((*at)->method != wanted->method || (*at)->channel != wanted->channel ||
                           (*at)->key_length != wanted->key_length ||
                           memcmp((*at)->key, wanted->key, wanted->key_length) != 0))
        at = &(*at)->next;
    return at;
}

static void free_if_over(struct question *question)
{
    if (question->flights > 0 || question->waiting.count > 0)
        return;
    struct question **at = find(question->calls, question);
    *at = question->next;
    free(question);
}

static struct question *question_new(struct exchange *exchange, struct rpc_channel *channel,
                                     const struct shared_method *method,
                                     const ProtobufCMessage *request, struct status *st)
{
    const char *address = exchange_client_address(exchange);
    const size_t address_length = strlen(address);
    struct str token = STR("");
    uint8_t *at;

    if (!method->is_of_nobody && upstream_token(exchange, &token, st) != STATUS_OK)
        return NULL;
    size_t start = token.n + 1 + address_length + 1;
    size_t length = start + protobuf_c_message_get_packed_size(request);
    struct question *question = calloc(1, sizeof(*question) + length);
    if (question == NULL) {
        (void)FAIL_MEMORY(st);
        return NULL;
    }
    question->calls = exchange_bridge(exchange)->shared;
    question->method = method;
    question->input = request->descriptor;
    question->channel = channel;
    question->waiting.question = question;
    question->request_start = start;
    question->key_length = length;
    at = question->key;
    if (token.n > 0)
        memcpy(at, token.p, token.n);
    memcpy(at + token.n + 1, address, address_length);
    (void)protobuf_c_message_pack(request, at + start);
    return question;
}

/* --- calls under way --- */

static void settle(struct flight *flight);

static void tell_failure(struct flight *flight, const struct status *st)
{
    struct asker *asker;

    while ((asker = take_first(&flight->askers)) != NULL) {
        upstream_fail(asker->exchange, st);
        exchange_unref(asker->exchange);
    }
}

static void on_message(struct rpc_async_call *call, const void *message, void *arg)
{
    struct flight *flight = arg;
    struct asker *asker;

    flight->call = NULL;
    settle(flight);
    while ((asker = take_first(&flight->askers)) != NULL) {
        asker->on_reply(asker->exchange, message, asker->data);
        exchange_unref(asker->exchange);
    }
}

static void ask_each_again(struct flight *flight);

static void on_end(struct rpc_async_call *call, const struct status *st,
                   const struct rpc_metadata *trailers, void *arg)
{
    struct flight *flight = arg;

    flight->call = NULL;
    settle(flight);
    if (flight->is_for_several && flight->method->set_count != NULL &&
        strcmp(st->reason, "RATE_LIMITED") == 0)
        ask_each_again(flight);
    tell_failure(flight, st);
    free(flight);
}

static status_code start(struct flight *flight, struct status *st)
{
    static const struct rpc_async_callbacks callbacks = {.on_message = on_message,
                                                         .on_end = on_end};
    struct exchange *exchange = flight->askers.first->exchange;
    ProtobufCAllocator allocator = rpc_arena_allocator(exchange_arena(exchange));
    struct rpc_metadata_entry entries[RPC_CALLER_FORWARD_MAX];
    struct rpc_call_options options = {.metadata.entries = entries,
                                       .trace = exchange_trace(exchange)};
    void *request = protobuf_c_message_unpack(flight->input, &allocator, flight->request_length,
                                              flight->request);

    if (request == NULL)
        return FAIL_MEMORY(st);
    if (flight->method->set_count != NULL)
        flight->method->set_count(request, flight->askers.count);
    TRY(upstream_identity(exchange, flight->method->is_of_nobody, entries, &options.metadata.count,
                          st));
    options.deadline = time_mono_after_ms(UPSTREAM_UNARY_TIMEOUT_MS);
    return rpc_async_unary(exchange_bridge(exchange)->rpc, flight->channel, &flight->method->method,
                           &options, request, &callbacks, flight, &flight->call, st);
}

/* `of` says what is asked; `request`: packed, copied. NULL when out of memory. */
static struct flight *flight_new(const struct flight *of, const uint8_t *request, size_t length)
{
    struct flight *flight = calloc(1, sizeof(*flight) + length);

    if (flight == NULL)
        return NULL;
    flight->method = of->method;
    flight->input = of->input;
    flight->channel = of->channel;
    flight->askers.flight = flight;
    flight->request_length = length;
    if (length > 0)
        memcpy(flight->request, request, length);
    return flight;
}

static void move_askers(struct asker_list *from, struct asker_list *to)
{
    struct asker *asker;

    while ((asker = from->first) != NULL) {
        take_out(asker);
        append(to, asker);
    }
}

static void fail_waiting(struct question *question, const struct status *st)
{
    struct flight nobody = {.question = NULL};

    nobody.askers.flight = &nobody;
    move_askers(&question->waiting, &nobody.askers);
    free_if_over(question);
    tell_failure(&nobody, st);
}

/* One call for all who wait. The question may be over then. */
static void launch(struct question *question)
{
    const struct flight asked = {
        .method = question->method, .input = question->input, .channel = question->channel};
    struct flight *flight = flight_new(&asked, question->key + question->request_start,
                                       question->key_length - question->request_start);
    struct status st = {0};

    if (flight == NULL) {
        (void)FAIL_MEMORY(&st);
        fail_waiting(question, &st);
        return;
    }
    move_askers(&question->waiting, &flight->askers);
    flight->is_for_several = flight->askers.count > 1;
    question->last_start = time_mono();
    if (start(flight, &st) != STATUS_OK) {
        free_if_over(question);
        tell_failure(flight, &st);
        free(flight);
        return;
    }
    flight->question = question;
    question->flights++;
}

/* The call has its answer: whoever waited for that is asked for, before anybody is told. */
static void settle(struct flight *flight)
{
    struct question *question = TAKE(flight->question);

    if (question == NULL)
        return;
    question->flights--;
    if (question->waiting.count > 0)
        launch(question);
    else
        free_if_over(question);
}

static void ask_each_again(struct flight *flight)
{
    struct asker *asker;

    while ((asker = flight->askers.first) != NULL) {
        struct flight *own = flight_new(flight, flight->request, flight->request_length);
        struct status st = {0};

        if (own == NULL)
            return; /* who is left hears the failure */
        take_out(asker);
        append(&own->askers, asker);
        if (start(own, &st) != STATUS_OK) {
            tell_failure(own, &st);
            free(own);
        }
    }
}

/* --- who waits --- */

static void start_timer(struct shared_calls *calls);

static void on_tick(uv_timer_t *timer)
{
    struct shared_calls *calls = timer->data;
    const int64_t now = time_mono();
    bool is_anybody_left = false;

    for (size_t i = 0; i < BUCKETS; i++) {
        struct question *question = calls->buckets[i];

        while (question != NULL) {
            if (question->waiting.count == 0) {
                question = question->next;
            } else if (now - question->last_start < SHARED_CALL_WAIT_MS * NANOSECONDS_PER_MS) {
                is_anybody_left = true;
                question = question->next;
            } else {
                launch(question);
                question = calls->buckets[i]; /* it may be over, and others with it */
            }
        }
    }
    if (is_anybody_left)
        start_timer(calls);
}

static void start_timer(struct shared_calls *calls)
{
    if (!uv_is_active((uv_handle_t *)&calls->timer))
        (void)uv_timer_start(&calls->timer, on_tick, SHARED_CALL_WAIT_MS, 0);
}

/* The exchange is closed. */
static void leave(void *arg)
{
    struct asker *asker = arg;
    struct asker_list *list = asker->list;

    take_out(asker);
    if (list->question != NULL)
        free_if_over(list->question);
    else if (list->count == 0 && list->flight->call != NULL)
        rpc_async_cancel(list->flight->call);
    exchange_unref(asker->exchange);
}

static void wait_in(struct question *question, struct asker *asker)
{
    const int64_t now = time_mono();

    (void)exchange_ref(asker->exchange);
    exchange_add_cancel(asker->exchange, &asker->cancel);
    append(&question->waiting, asker);
    if (question->flights == 0 || question->waiting.count >= SHARED_CALL_EXCHANGES_MAX ||
        now - question->last_start >= SHARED_CALL_WAIT_MS * NANOSECONDS_PER_MS)
        launch(question);
    else
        start_timer(question->calls);
}

void shared_call(struct exchange *exchange, struct rpc_channel *channel,
                 const struct shared_method *method, const void *request,
                 void (*on_reply)(struct exchange *exchange, const void *reply, void *data),
                 void *data)
{
    struct asker *asker = ARENA_NEW(exchange_arena(exchange), struct asker);
    struct question *question = NULL;
    struct status st = {0};

    if (exchange_is_closed(exchange))
        (void)FAIL(&st, STATUS_CANCELLED, NULL, "the client is gone");
    else if (asker == NULL)
        (void)FAIL_MEMORY(&st);
    else
        question = question_new(exchange, channel, method, request, &st);
    if (question == NULL) {
        error_respond(exchange, &st);
        return;
    }
    *asker = (struct asker){.exchange = exchange, .on_reply = on_reply, .data = data};
    asker->cancel = (struct exchange_cancel){leave, asker, NULL};
    struct question **at = find(question->calls, question);
    if (*at == NULL) {
        *at = question;
    } else {
        free(question);
        question = *at;
    }
    wait_in(question, asker);
}

/* --- life time --- */

struct shared_calls *shared_calls_new(uv_loop_t *loop)
{
    struct shared_calls *calls = calloc(1, sizeof(*calls));

    if (calls == NULL)
        return NULL;
    random_bytes(&calls->seed, sizeof(calls->seed));
    (void)uv_timer_init(loop, &calls->timer);
    calls->timer.data = calls;
    return calls;
}

void shared_calls_close(struct shared_calls *calls)
{
    if (calls != NULL)
        uv_close((uv_handle_t *)&calls->timer, NULL);
}

void shared_calls_free(struct shared_calls *calls)
{
    free(calls);
}
