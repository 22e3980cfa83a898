#include "bridge/http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/http/exchange_internal.h"
#include "bridge/http/request_metrics.h"
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/log/log.h"

static bool is_sound_request_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return id.n > 0 && id.n <= EXCHANGE_REQUEST_ID_MAX;
}

static bool copy_request(struct exchange *exchange, const struct exchange_request *request)
{
    struct arena *arena = exchange->arena;
    size_t count = request->field_count;

    exchange->method = arena_strdup(arena, request->method);
    exchange->target.p = arena_strndup(arena, request->target.p, request->target.n);
    exchange->target.n = request->target.n;
    exchange->client_address = arena_strdup(arena, request->client_address);
    exchange->fields = ARENA_NEW_ARRAY(arena, struct header_field, count + 1);
    if (exchange->method == NULL || exchange->target.p == NULL ||
        exchange->client_address == NULL || exchange->fields == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct header_field *field = &request->fields[i];
        char *name = arena_strndup(arena, field->name.p, field->name.n);
        char *value = arena_strndup(arena, field->value.p, field->value.n);

        if (name == NULL || value == NULL)
            return false;
        exchange->fields[i] = (struct header_field){{name, field->name.n}, {value, field->value.n}};
    }
    exchange->field_count = count;
    return true;
}

struct exchange *exchange_new(struct bridge *bridge, uv_loop_t *loop,
                              const struct exchange_request *request,
                              const struct exchange_transport *operations, void *transport)
{
    struct arena *arena = arena_new(EXCHANGE_ARENA_MAX);
    struct exchange *exchange = arena != NULL ? ARENA_NEW(arena, struct exchange) : NULL;

    if (exchange == NULL) {
        arena_free(arena);
        return NULL;
    }
    exchange->references = 1;
    exchange->bridge = bridge;
    exchange->arena = arena;
    exchange->loop = loop;
    exchange->operations = operations;
    exchange->transport = transport;
    exchange->start_time = time_mono();
    exchange->content_length = request->has_body ? request->content_length : 0;
    exchange->has_body = request->has_body;
    exchange->is_secure = request->is_secure;
    exchange->announced_bytes = -1;
    exchange->expects_continue = request->expects_continue && request->has_body;
    exchange->is_head_request = strcmp(request->method, "HEAD") == 0;
    buf_init(&exchange->held, EXCHANGE_HOLD_BYTES);
    if (!copy_request(exchange, request)) {
        arena_free(arena);
        return NULL;
    }
    struct str id;
    if (exchange_header(exchange, "x-request-id", &id) && is_sound_request_id(id))
        memcpy(exchange->request_id, id.p, id.n);
    else
        random_id(exchange->request_id);
    exchange_begin_trace(exchange);
    return exchange;
}

struct exchange *exchange_ref(struct exchange *exchange)
{
    exchange->references++;
    return exchange;
}

static void free_timer(uv_handle_t *handle)
{
    free(handle);
}

static void stop_timer(struct exchange *exchange)
{
    if (exchange->timer == NULL)
        return;
    exchange->timer->data = NULL;
    uv_close((uv_handle_t *)exchange->timer, free_timer);
    exchange->timer = NULL;
}

void exchange_unref(struct exchange *exchange)
{
    if (exchange == NULL || --exchange->references > 0)
        return;
    stop_timer(exchange);
    buf_deinit(&exchange->held);
    content_encoder_free(exchange->encoder);
    arena_free(exchange->arena);
}

void exchange_set_handler(struct exchange *exchange, const struct exchange_handler *handler,
                          void *data)
{
    exchange->handler = handler;
    exchange->handler_data = data;
}

struct bridge *exchange_bridge(const struct exchange *exchange)
{
    return exchange->bridge;
}

struct arena *exchange_arena(const struct exchange *exchange)
{
    return exchange->arena;
}

void exchange_read(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_reading)
        return;
    exchange->is_reading = true;
    exchange->reading_since = time_mono();
    if (exchange->expects_continue) {
        exchange->expects_continue = false;
        if (!exchange->is_committed)
            exchange->operations->send_continue(exchange, exchange->transport);
    }
    if (exchange->has_body)
        exchange->operations->set_reading(exchange, exchange->transport, true);
    else
        exchange_deliver_body_end(exchange);
}

void exchange_pause(struct exchange *exchange)
{
    if (exchange->is_closed || !exchange->is_reading)
        return;
    exchange->is_reading = false;
    exchange->reading_ns += time_mono() - exchange->reading_since;
    exchange->operations->set_reading(exchange, exchange->transport, false);
}

bool exchange_is_reading(const struct exchange *exchange)
{
    return exchange->is_reading;
}

bool exchange_is_body_slow(const struct exchange *exchange, int64_t now, int64_t grace_ms,
                           int64_t rate_min)
{
    if (rate_min == 0 || !exchange->is_reading)
        return false;
    int64_t waited_s =
        (exchange->reading_ns + now - exchange->reading_since - grace_ms * NANOSECONDS_PER_MS) /
        NANOSECONDS_PER_SECOND;
    return waited_s > 0 && exchange->body_bytes / waited_s < rate_min;
}

int64_t exchange_body_bytes(const struct exchange *exchange)
{
    return exchange->body_bytes;
}

void exchange_deliver_body(struct exchange *exchange, struct str bytes)
{
    if (exchange->is_closed)
        return;
    exchange->body_bytes += (int64_t)bytes.n;
    if (exchange->handler != NULL && exchange->handler->on_body != NULL)
        exchange->handler->on_body(exchange, bytes, exchange->handler_data);
}

void exchange_deliver_body_end(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_body_ended)
        return;
    exchange->is_body_ended = true;
    if (exchange->handler != NULL && exchange->handler->on_body_end != NULL)
        exchange->handler->on_body_end(exchange, exchange->handler_data);
}

void exchange_deliver_room(struct exchange *exchange)
{
    if (exchange->is_closed || !exchange->wants_room ||
        exchange->operations->queued_bytes(exchange, exchange->transport) >
            EXCHANGE_QUEUE_LOW_BYTES)
        return;
    exchange->wants_room = false;
    if (exchange->handler != NULL && exchange->handler->on_room != NULL)
        exchange->handler->on_room(exchange, exchange->handler_data);
}

static void run_timer(uv_timer_t *timer)
{
    struct exchange *exchange = timer->data;

    if (exchange == NULL || exchange->is_closed || exchange->handler == NULL ||
        exchange->handler->on_timer == NULL)
        return;
    exchange_ref(exchange);
    exchange->handler->on_timer(exchange, exchange->handler_data);
    exchange_unref(exchange);
}

void exchange_set_timer(struct exchange *exchange, int64_t timeout_ms)
{
    if (exchange->is_closed || timeout_ms <= 0) {
        stop_timer(exchange);
        return;
    }
    if (exchange->timer == NULL) {
        exchange->timer = calloc(1, sizeof(*exchange->timer));
        if (exchange->timer == NULL)
            return;
        (void)uv_timer_init(exchange->loop, exchange->timer);
        exchange->timer->data = exchange;
    }
    (void)uv_timer_start(exchange->timer, run_timer, (uint64_t)timeout_ms, 0);
}

void exchange_add_cancel(struct exchange *exchange, struct exchange_cancel *entry)
{
    entry->next = exchange->cancels;
    exchange->cancels = entry;
}

void exchange_remove_cancel(struct exchange *exchange, struct exchange_cancel *entry)
{
    for (struct exchange_cancel **at = &exchange->cancels; *at != NULL; at = &(*at)->next) {
        if (*at == entry) {
            *at = entry->next;
            return;
        }
    }
}

static void count(const struct exchange *exchange)
{
    request_metrics_count(exchange->is_committed ? (int)exchange->status : 0,
                          time_mono() - exchange->start_time, exchange->body_bytes,
                          exchange->sent_bytes);
}

/* One line a request. The query is left out: it may hold a token (API: B9). */
static void write_access_log(const struct exchange *exchange)
{
    log_write(LOG_INFO, "request", LOG_STRING("request_id", exchange->request_id),
              LOG_STRING("method", exchange->method),
              LOG_STRING("path", exchange->uri.path.p != NULL
                                     ? arena_strndup(exchange->arena, exchange->uri.path.p,
                                                     exchange->uri.path.n)
                                     : NULL),
              LOG_INTEGER("status", exchange->is_committed ? (int64_t)exchange->status : 0),
              LOG_INTEGER("body_bytes", exchange->body_bytes),
              LOG_INTEGER("sent_bytes", exchange->sent_bytes),
              LOG_STRING("client_address", exchange->client_address),
              LOG_INTEGER("duration_us", (time_mono() - exchange->start_time) / 1000));
}

void exchange_close(struct exchange *exchange)
{
    if (exchange->is_closed)
        return;
    exchange->is_closed = true;
    exchange->transport = NULL;
    stop_timer(exchange);
    while (exchange->cancels != NULL) {
        struct exchange_cancel *entry = exchange->cancels;

        exchange->cancels = entry->next;
        entry->cancel(entry->arg);
    }
    if (exchange->handler != NULL && exchange->handler->on_close != NULL)
        exchange->handler->on_close(exchange, exchange->handler_data);
    struct trace_context before = trace_context_swap(exchange->trace);
    count(exchange);
    write_access_log(exchange);
    (void)trace_context_swap(before);
    exchange_end_trace(exchange);
    exchange_unref(exchange);
}

void exchange_set_caller(struct exchange *exchange, const void *caller)
{
    exchange->caller = caller;
}

const void *exchange_caller(const struct exchange *exchange)
{
    return exchange->caller;
}
