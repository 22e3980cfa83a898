#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bridge/http/exchange_internal.h"
#include "lib/base/clock.h"

enum { HEADER_VALUE_MAX = 2048 }; /* bytes of a response field */

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

void exchange_allow_coding(struct exchange *exchange)
{
    exchange->may_be_coded = true;
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

/* All fields but those of the transport. `length`: of the body, -1: not known. */
static void complete_fields(struct exchange *exchange, int64_t length)
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
    exchange_choose_coding(exchange, length);
}

static void commit(struct exchange *exchange, int64_t content_length, bool is_last)
{
    exchange->is_committed = true;
    exchange->operations->send_head(exchange, exchange->transport, content_length, is_last);
}

/* RFC 9110 §6.4.1: these have no body, and no Content-Length either (204) or that of another
 * answer (304). */
static bool status_has_body(enum http_status status)
{
    return status >= 200 && status != HTTP_STATUS_NO_CONTENT && status != HTTP_STATUS_NOT_MODIFIED;
}

static void tell_sent(struct exchange *exchange, struct str bytes)
{
    exchange->sent_bytes += (int64_t)bytes.n;
    if (exchange->handler != NULL && exchange->handler->on_sent != NULL)
        exchange->handler->on_sent(exchange, bytes, exchange->handler_data);
}

static void hand_over(struct exchange *exchange, struct str bytes)
{
    if (bytes.n == 0)
        return;
    tell_sent(exchange, bytes);
    exchange->operations->send_body(exchange, exchange->transport, bytes);
}

static void send_coded(struct exchange *exchange, struct str bytes, content_encoder_step step)
{
    struct buf coded;

    if (exchange->encoder == NULL) {
        hand_over(exchange, bytes);
        return;
    }
    buf_init(&coded, bytes.n + CONTENT_CODING_SLACK_BYTES);
    if (content_encoder_write(exchange->encoder, bytes, step, &coded))
        hand_over(exchange, buf_str(&coded));
    else
        exchange_abort(exchange);
    buf_deinit(&coded);
}

static bool sends_body(const struct exchange *exchange)
{
    return !exchange->is_head_request && status_has_body(exchange->status);
}

/* False when it is more than was announced: the exchange is aborted. */
static bool count_written(struct exchange *exchange, size_t length)
{
    exchange->body_written_bytes += (int64_t)length;
    if (exchange->announced_bytes < 0 || exchange->body_written_bytes <= exchange->announced_bytes)
        return true;
    exchange_abort(exchange);
    return false;
}

static void send_bytes(struct exchange *exchange, struct str bytes, content_encoder_step step)
{
    if (sends_body(exchange) && count_written(exchange, bytes.n))
        send_coded(exchange, bytes, step);
}

static void release_held(struct exchange *exchange, content_encoder_step step)
{
    if (!exchange->is_committed) {
        complete_fields(exchange, exchange->announced_bytes);
        commit(exchange, exchange->encoder == NULL ? exchange->announced_bytes : -1, false);
    }
    send_bytes(exchange, buf_str(&exchange->held), step);
    buf_clear(&exchange->held);
}

/* What was sent may have been the end of it. */
static bool has_room(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->operations->queued_bytes(exchange, exchange->transport) <=
                                   EXCHANGE_QUEUE_HIGH_BYTES)
        return true;
    exchange->wants_room = true;
    return false;
}

bool exchange_write(struct exchange *exchange, struct str bytes)
{
    if (exchange->is_closed || exchange->is_ended)
        return true;
    if (!exchange->is_committed && buf_append(&exchange->held, bytes.p, bytes.n))
        return true;
    release_held(exchange, CONTENT_ENCODER_MORE);
    if (!exchange->is_closed)
        send_bytes(exchange, bytes, CONTENT_ENCODER_MORE);
    return has_room(exchange);
}

bool exchange_write_lent(struct exchange *exchange, struct lent lent)
{
    if (exchange->is_closed || exchange->is_ended || !sends_body(exchange)) {
        lent_return(&lent);
        return true;
    }
    release_held(exchange, CONTENT_ENCODER_MORE);
    if (exchange->is_closed || exchange->encoder != NULL) {
        bool is_taken = exchange_write(exchange, lent.bytes);

        lent_return(&lent);
        return is_taken;
    }
    if (count_written(exchange, lent.bytes.n)) {
        tell_sent(exchange, lent.bytes);
        exchange->operations->send_lent(exchange, exchange->transport, lent_take(&lent));
    }
    lent_return(&lent);
    return has_room(exchange);
}

bool exchange_flush(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_ended)
        return true;
    release_held(exchange, CONTENT_ENCODER_FLUSH);
    return has_room(exchange);
}

/* True unless another length than that of the body was announced. */
static bool is_whole(const struct exchange *exchange, int64_t body_bytes)
{
    return exchange->announced_bytes < 0 || exchange->is_head_request ||
           !status_has_body(exchange->status) || body_bytes == exchange->announced_bytes;
}

static void send_end(struct exchange *exchange)
{
    if (exchange->is_closed)
        return;
    exchange->is_whole = true;
    exchange->operations->send_end(exchange, exchange->transport);
}

/* A short body that nothing was sent of: it goes as a whole, with its length. */
static void send_whole(struct exchange *exchange)
{
    struct str body = buf_str(&exchange->held);
    bool has_body = status_has_body(exchange->status);
    bool is_last = body.n == 0 || exchange->is_head_request || !has_body;
    /* The length that a GET would have is not always known here (RFC 9110 §9.3.2). */
    int64_t length = exchange->is_head_request ? exchange->announced_bytes : (int64_t)body.n;
    struct buf coded;

    if (!is_whole(exchange, (int64_t)body.n)) {
        exchange_abort(exchange);
        return;
    }
    complete_fields(exchange, (int64_t)body.n);
    buf_init(&coded, body.n + CONTENT_CODING_SLACK_BYTES);
    if (exchange->encoder != NULL) {
        if (!content_encoder_write(exchange->encoder, body, CONTENT_ENCODER_END, &coded)) {
            buf_deinit(&coded);
            exchange_abort(exchange);
            return;
        }
        body = buf_str(&coded);
        length = (int64_t)body.n;
    }
    exchange->is_whole = is_last;
    commit(exchange, has_body ? length : -1, is_last);
    if (!is_last) {
        hand_over(exchange, body);
        send_end(exchange);
    }
    buf_deinit(&coded);
}

void exchange_end(struct exchange *exchange)
{
    if (exchange->is_closed || exchange->is_ended)
        return;
    exchange->is_ended = true;
    if (!exchange->is_committed) {
        send_whole(exchange);
        return;
    }
    if (exchange->encoder != NULL)
        send_bytes(exchange, STR(""), CONTENT_ENCODER_END);
    if (exchange->is_closed)
        return;
    if (is_whole(exchange, exchange->body_written_bytes))
        send_end(exchange);
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

bool exchange_is_whole(const struct exchange *exchange)
{
    return exchange->is_whole;
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
    exchange->is_coded_before = false;
    exchange->coding = CONTENT_CODING_IDENTITY;
    buf_clear(&exchange->held);
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
