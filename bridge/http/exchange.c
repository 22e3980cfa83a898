#include "bridge/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/http/exchange_transport.h"
#include "bridge/http/request_metrics.h"
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/log/log.h"

enum {
    REQUEST_ID_MAX = 64,
    HEADER_VALUE_MAX = 2048, /* bytes of a response field */
};

struct param {
    const char *name;
    const char *value;
};

struct exchange {
    int references;
    struct bridge *bridge;
    struct arena *arena;
    uv_loop_t *loop;
    const struct exchange_transport *operations;
    void *transport; /* NULL after exchange_close() */
    const struct exchange_handler *handler;
    void *handler_data;
    struct exchange_cancel *cancels;
    int64_t start_time;

    const char *method;
    struct str target;
    struct uri uri;
    struct header_field *fields;
    size_t field_count;
    struct param params[EXCHANGE_PARAMS_MAX];
    size_t param_count;
    int64_t content_length;
    const char *client_address;
    const void *caller;
    char request_id[REQUEST_ID_MAX + 1];

    bool has_body;
    bool expects_continue;
    bool is_reading;
    bool is_body_ended;
    int64_t body_bytes;

    enum http_status status;
    struct header_field response_fields[EXCHANGE_HEADERS_MAX];
    size_t response_field_count;
    struct header_field kept_fields[EXCHANGE_KEPT_MAX];
    size_t kept_field_count;
    struct buf held;
    int64_t sent_bytes;
    int64_t announced_bytes; /* -1: no length was announced */
    bool is_head_request;
    bool is_committed;
    bool is_ended;
    bool is_closed;
    bool wants_room;

    uv_timer_t *timer; /* heap: it outlives the exchange until libuv has closed it */
};

static bool is_sound_request_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return id.n > 0 && id.n <= REQUEST_ID_MAX;
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

const char *exchange_method(const struct exchange *exchange)
{
    return exchange->method;
}

struct str exchange_path(const struct exchange *exchange)
{
    return exchange->uri.path;
}

status_code exchange_parse_target(struct exchange *exchange, struct status *st)
{
    return uri_parse(exchange->target, exchange->arena, &exchange->uri, st);
}

bool exchange_query(const struct exchange *exchange, const char *name, struct str *ret_value)
{
    return uri_parameter(&exchange->uri, name, ret_value);
}

bool exchange_header_at(const struct exchange *exchange, const char *name, size_t index,
                        struct str *ret_value)
{
    struct str wanted = str_of(name);

    for (size_t i = 0; i < exchange->field_count; i++) {
        if (str_equal(exchange->fields[i].name, wanted) && index-- == 0) {
            *ret_value = exchange->fields[i].value;
            return true;
        }
    }
    return false;
}

bool exchange_header(const struct exchange *exchange, const char *name, struct str *ret_value)
{
    return exchange_header_at(exchange, name, 0, ret_value);
}

size_t exchange_header_count(const struct exchange *exchange, const char *name)
{
    struct str wanted = str_of(name);
    size_t count = 0;

    for (size_t i = 0; i < exchange->field_count; i++)
        count += str_equal(exchange->fields[i].name, wanted);
    return count;
}

void exchange_set_param(struct exchange *exchange, const char *name, struct str value)
{
    char *copy = arena_strndup(exchange->arena, value.p, value.n);
    char *name_copy = arena_strdup(exchange->arena, name);

    if (copy != NULL && name_copy != NULL && exchange->param_count < EXCHANGE_PARAMS_MAX)
        exchange->params[exchange->param_count++] = (struct param){name_copy, copy};
}

void exchange_set_client_address(struct exchange *exchange, const char *address)
{
    char *copy = arena_strdup(exchange->arena, address);

    if (copy != NULL)
        exchange->client_address = copy;
}

const char *exchange_param(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->param_count; i++)
        if (strcmp(exchange->params[i].name, name) == 0)
            return exchange->params[i].value;
    return "";
}

int64_t exchange_content_length(const struct exchange *exchange)
{
    return exchange->content_length;
}

const char *exchange_client_address(const struct exchange *exchange)
{
    return exchange->client_address;
}

const char *exchange_request_id(const struct exchange *exchange)
{
    return exchange->request_id;
}

void exchange_read(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_reading)
        return;
    exchange->is_reading = true;
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
    exchange->operations->set_reading(exchange, exchange->transport, false);
}

bool exchange_is_reading(const struct exchange *exchange)
{
    return exchange->is_reading;
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

static bool has_response_field(const struct exchange *exchange, struct str name)
{
    for (size_t i = 0; i < exchange->response_field_count; i++)
        if (str_equal(exchange->response_fields[i].name, name))
            return true;
    return false;
}

/* Copies, without control characters. False when out of memory. */
_printf_(3, 0) static bool make_field(struct exchange *exchange, const char *name,
                                      const char *format, va_list arguments,
                                      struct header_field *ret_field)
{
    char value[HEADER_VALUE_MAX];
    size_t used = 0;

    (void)vsnprintf(value, sizeof(value), format, arguments);
    for (size_t i = 0; value[i] != '\0'; i++)
        if ((unsigned char)value[i] >= 0x20 && value[i] != 0x7F)
            value[used++] = value[i];
    char *copy = arena_strndup(exchange->arena, value, used);
    char *name_copy = arena_strdup(exchange->arena, name);
    if (copy == NULL || name_copy == NULL)
        return false;
    *ret_field = (struct header_field){str_of(name_copy), {copy, used}};
    return true;
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *format, ...)
{
    struct header_field field;
    va_list arguments;

    if (exchange->is_committed || exchange->response_field_count == EXCHANGE_HEADERS_MAX)
        return;
    va_start(arguments, format);
    if (make_field(exchange, name, format, arguments, &field))
        exchange->response_fields[exchange->response_field_count++] = field;
    va_end(arguments);
}

void exchange_keep_header(struct exchange *exchange, const char *name, const char *format, ...)
{
    struct header_field field;
    va_list arguments;
    size_t i = 0;

    while (i < exchange->kept_field_count &&
           !str_equal(exchange->kept_fields[i].name, str_of(name)))
        i++;
    if (i == EXCHANGE_KEPT_MAX)
        return;
    va_start(arguments, format);
    if (make_field(exchange, name, format, arguments, &field)) {
        exchange->kept_fields[i] = field;
        if (i == exchange->kept_field_count)
            exchange->kept_field_count++;
    }
    va_end(arguments);
}

void exchange_respond(struct exchange *exchange, enum http_status status)
{
    if (!exchange->is_committed)
        exchange->status = status;
}

void exchange_set_length(struct exchange *exchange, int64_t length)
{
    if (!exchange->is_committed)
        exchange->announced_bytes = length;
}

/* IMF-fixdate (RFC 9110 §5.6.7), made anew once a second. */
static const char *http_date(void)
{
    static char text[40];
    static time_t made;
    time_t seconds = (time_t)(time_wall() / NANOSECONDS_PER_SECOND);

    if (seconds != made || text[0] == '\0') {
        struct tm parts;

        gmtime_r(&seconds, &parts);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        made = seconds;
    }
    return text;
}

static void add_default_header(struct exchange *exchange, const char *name, const char *value)
{
    if (!has_response_field(exchange, str_of(name)))
        exchange_add_header(exchange, name, "%s", value);
}

static void commit(struct exchange *exchange, int64_t content_length, bool is_last)
{
    for (size_t i = 0; i < exchange->kept_field_count; i++)
        add_default_header(exchange, exchange->kept_fields[i].name.p,
                           exchange->kept_fields[i].value.p);
    add_default_header(exchange, "date", http_date());
    /* API: B9. The query may hold a token: no cache keeps it, no link passes it on. */
    add_default_header(exchange, "cache-control", "private, no-store");
    add_default_header(exchange, "referrer-policy", "no-referrer");
    add_default_header(exchange, "x-content-type-options", "nosniff");
    add_default_header(exchange, "x-request-id", exchange->request_id);
    exchange->is_committed = true;
    exchange->operations->send_head(exchange, exchange->transport, content_length, is_last);
}

/* RFC 9110 §6.4.1: these have no body, and no Content-Length either (204) or that of another
 * answer (304). */
static bool status_has_body(enum http_status status)
{
    return status >= 200 && status != HTTP_STATUS_NO_CONTENT && status != HTTP_STATUS_NOT_MODIFIED;
}

static void send_bytes(struct exchange *exchange, struct str bytes)
{
    if (bytes.n > 0 && !exchange->is_head_request && status_has_body(exchange->status)) {
        exchange->sent_bytes += (int64_t)bytes.n;
        if (exchange->announced_bytes >= 0 && exchange->sent_bytes > exchange->announced_bytes) {
            exchange_abort(exchange);
            return;
        }
        exchange->operations->send_body(exchange, exchange->transport, bytes);
    }
}

static void release_held(struct exchange *exchange)
{
    if (!exchange->is_committed)
        commit(exchange, exchange->announced_bytes, false);
    send_bytes(exchange, buf_str(&exchange->held));
    buf_clear(&exchange->held);
}

bool exchange_write(struct exchange *exchange, struct str bytes)
{
    if (exchange->is_closed || exchange->is_ended)
        return true;
    if (!exchange->is_committed && buf_append(&exchange->held, bytes.p, bytes.n))
        return true;
    release_held(exchange);
    send_bytes(exchange, bytes);
    if (exchange->operations->queued_bytes(exchange, exchange->transport) <=
        EXCHANGE_QUEUE_HIGH_BYTES)
        return true;
    exchange->wants_room = true;
    return false;
}

/* True unless another length than that of the body was announced. */
static bool is_whole(const struct exchange *exchange, int64_t body_bytes)
{
    return exchange->announced_bytes < 0 || exchange->is_head_request ||
           !status_has_body(exchange->status) || body_bytes == exchange->announced_bytes;
}

void exchange_end(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_ended)
        return;
    exchange->is_ended = true;
    if (!exchange->is_committed) {
        struct str body = buf_str(&exchange->held);
        bool has_body = status_has_body(exchange->status);
        bool is_last = body.n == 0 || exchange->is_head_request || !has_body;
        /* The length that a GET would have is not always known here (RFC 9110 §9.3.2). */
        int64_t length = exchange->is_head_request ? exchange->announced_bytes : (int64_t)body.n;

        if (!is_whole(exchange, (int64_t)body.n)) {
            exchange_abort(exchange);
            return;
        }
        commit(exchange, has_body ? length : -1, is_last);
        if (is_last)
            return;
        send_bytes(exchange, body);
        buf_clear(&exchange->held);
    }
    if (is_whole(exchange, exchange->sent_bytes))
        exchange->operations->send_end(exchange, exchange->transport);
    else
        exchange_abort(exchange);
}

void exchange_respond_json(struct exchange *exchange, enum http_status status, struct str body)
{
    exchange_add_header(exchange, "content-type", "application/json");
    exchange_respond(exchange, status);
    (void)exchange_write(exchange, body);
    exchange_end(exchange);
}

void exchange_abort(struct exchange *exchange)
{
    if (exchange->is_closed)
        return;
    exchange->is_ended = true;
    exchange->operations->reset(exchange, exchange->transport);
}

bool exchange_is_committed(const struct exchange *exchange)
{
    return exchange->is_committed;
}

bool exchange_is_closed(const struct exchange *exchange)
{
    return exchange->is_closed;
}

void exchange_reset_response(struct exchange *exchange)
{
    if (exchange->is_committed)
        return;
    exchange->response_field_count = 0;
    exchange->announced_bytes = -1;
    buf_clear(&exchange->held);
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
    count(exchange);
    write_access_log(exchange);
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

enum http_status exchange_status(const struct exchange *exchange)
{
    return exchange->status;
}

const struct header_field *exchange_response_fields(const struct exchange *exchange,
                                                    size_t *ret_count)
{
    *ret_count = exchange->response_field_count;
    return exchange->response_fields;
}

bool exchange_is_head_request(const struct exchange *exchange)
{
    return exchange->is_head_request;
}
