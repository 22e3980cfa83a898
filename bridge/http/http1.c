#include "bridge/http/http1.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/connection.h"
#include "bridge/http/error.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/http1_chunked.h"
#include "bridge/http/http1_head.h"
#include "bridge/http/server.h"
#include "lib/base/clock.h"

typedef enum {
    READ_HEAD,
    READ_BODY,
    READ_NOTHING, /* the body is complete; the response is not */
} read_state;

enum {
    INPUT_WANTED_BYTES = 64 * 1024, /* unread input at which the socket is left alone */
    HEAD_ARENA_BYTES = 256 * 1024,
    DISCARD_MAX_BYTES = 64 * 1024, /* rest of a body read over to keep the connection */
};

struct http1 {
    struct connection *connection;
    const struct server_options *options;
    struct arena *arena; /* of one head */
    struct buf input;    /* arrived, not yet used */
    size_t scanned;      /* bytes of an incomplete head that were searched for its end */
    read_state state;
    int64_t wait_start; /* of a head, or of idleness */
    int64_t read_start; /* when the route last asked for body */

    struct exchange *exchange; /* NULL between requests, and while a body is read over */
    bool is_chunked_request;
    int64_t body_left;
    struct http1_chunked chunked;
    bool waits_for_continue; /* the client holds the body back */
    bool is_http10;

    bool keeps_alive;
    bool is_chunked_response;
    bool is_processing;
    bool is_eof;
};

static void process(struct http1 *http1, struct str *input);

/* --- what the exchange asks for --- */

static void send_text(struct http1 *http1, const char *text)
{
    connection_send(http1->connection, str_of(text));
}

static void send_continue(struct exchange *exchange, void *transport)
{
    struct http1 *http1 = transport;

    http1->waits_for_continue = false;
    send_text(http1, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* Uses what has piled up, unless the caller is being called from there. */
static void resume(struct http1 *http1)
{
    struct str input;

    if (http1->is_processing)
        return;
    input = buf_str(&http1->input);
    process(http1, &input);
    buf_consume(&http1->input, http1->input.length - input.n);
    if (http1->input.length == 0)
        buf_deinit(&http1->input);
}

static void after_response(struct http1 *http1)
{
    struct exchange *exchange = http1->exchange;

    http1->exchange = NULL;
    exchange_close(exchange);
    if (http1->state == READ_NOTHING) {
        http1->state = READ_HEAD;
        http1->wait_start = time_mono();
    }
    if (!http1->keeps_alive)
        connection_finish(http1->connection);
    else
        resume(http1);
}

/* May this connection go on after the response? Not when the rest of the body would have to be
 * waited for. */
static bool can_keep_alive(const struct http1 *http1)
{
    if (!http1->keeps_alive || http1->is_eof ||
        server_is_stopping(connection_server(http1->connection)))
        return false;
    return http1->state == READ_NOTHING ||
           (!http1->waits_for_continue && !http1->is_chunked_request &&
            http1->body_left <= DISCARD_MAX_BYTES);
}

static void send_head(struct exchange *exchange, void *transport, int64_t content_length,
                      bool is_last)
{
    struct http1 *http1 = transport;
    enum http_status status = exchange_status(exchange);
    struct buf head;
    size_t count;
    const struct header_field *fields = exchange_response_fields(exchange, &count);

    http1->keeps_alive = can_keep_alive(http1);
    http1->is_chunked_response =
        !is_last && content_length < 0 && !http1->is_http10 && !exchange_is_head_request(exchange);
    if (!is_last && content_length < 0 && http1->is_http10)
        http1->keeps_alive = false; /* the body ends with the connection */

    buf_init(&head, SIZE_MAX >> 1);
    bool is_built = buf_printf(&head, "HTTP/1.1 %d %s\r\n", (int)status, http_status_str(status));
    for (size_t i = 0; i < count && is_built; i++)
        is_built = buf_append(&head, fields[i].name.p, fields[i].name.n) &&
                   buf_append_str(&head, ": ") &&
                   buf_append(&head, fields[i].value.p, fields[i].value.n) &&
                   buf_append_str(&head, "\r\n");
    if (is_built && content_length >= 0)
        is_built = buf_printf(&head, "content-length: %" PRId64 "\r\n", content_length);
    if (is_built && http1->is_chunked_response)
        is_built = buf_append_str(&head, "transfer-encoding: chunked\r\n");
    if (is_built && !http1->keeps_alive)
        is_built = buf_append_str(&head, "connection: close\r\n");
    if (is_built && buf_append_str(&head, "\r\n"))
        connection_send(http1->connection, buf_str(&head));
    else
        connection_abort(http1->connection);
    buf_deinit(&head);
    if (is_last)
        after_response(http1);
}

static void send_body(struct exchange *exchange, void *transport, struct str bytes)
{
    struct http1 *http1 = transport;

    if (http1->is_chunked_response) {
        char line[24];

        (void)snprintf(line, sizeof(line), "%zx\r\n", bytes.n);
        send_text(http1, line);
        connection_send(http1->connection, bytes);
        send_text(http1, "\r\n");
    } else {
        connection_send(http1->connection, bytes);
    }
}

static void send_end(struct exchange *exchange, void *transport)
{
    struct http1 *http1 = transport;

    if (http1->is_chunked_response)
        send_text(http1, "0\r\n\r\n");
    after_response(http1);
}

static void set_reading(struct exchange *exchange, void *transport, bool is_reading)
{
    struct http1 *http1 = transport;

    http1->read_start = time_mono();
    if (is_reading)
        resume(http1);
}

static size_t queued_bytes(struct exchange *exchange, void *transport)
{
    struct http1 *http1 = transport;

    return connection_queued(http1->connection);
}

static void reset(struct exchange *exchange, void *transport)
{
    struct http1 *http1 = transport;

    connection_abort(http1->connection);
}

static const struct exchange_transport transport_operations = {
    send_continue, send_head, send_body, send_end, set_reading, queued_bytes, reset,
};

/* --- requests --- */

/* Answers what cannot be dispatched; the connection ends, for nobody knows where the next request
 * would begin. */
static void refuse(struct http1 *http1, const struct status *st)
{
    struct exchange_request request = {
        .method = "GET",
        .target = STR("/"),
        .client_address = connection_address(http1->connection),
    };

    http1->keeps_alive = false;
    if (http1->exchange == NULL)
        http1->exchange = exchange_new(http1->options->bridge, http1->options->loop, &request,
                                       &transport_operations, http1);
    if (http1->exchange == NULL || exchange_is_committed(http1->exchange)) {
        connection_abort(http1->connection);
        return;
    }
    http1->state = READ_NOTHING;
    error_respond(http1->exchange, st);
}

static void begin_request(struct http1 *http1, const struct http1_head *head)
{
    struct exchange_request request = {
        .method = head->method,
        .target = head->target,
        .fields = head->fields,
        .field_count = head->field_count,
        .content_length = head->content_length,
        .has_body = head->is_chunked || head->content_length > 0,
        .expects_continue = head->expects_continue,
        .client_address = connection_address(http1->connection),
    };

    http1->is_http10 = head->minor_version == 0;
    http1->keeps_alive = head->keeps_alive;
    http1->is_chunked_request = head->is_chunked;
    http1->body_left = head->content_length > 0 ? head->content_length : 0;
    http1->waits_for_continue = head->expects_continue && request.has_body;
    http1->state = request.has_body ? READ_BODY : READ_NOTHING;
    http1_chunked_init(&http1->chunked);
    http1->exchange = exchange_new(http1->options->bridge, http1->options->loop, &request,
                                   &transport_operations, http1);
    arena_reset(http1->arena);
    if (http1->exchange == NULL) {
        connection_abort(http1->connection);
        return;
    }
    struct exchange *exchange = exchange_ref(http1->exchange);
    http1->options->dispatch(exchange, http1->options->dispatch_data);
    exchange_unref(exchange);
}

/* Returns false when more input is needed. */
static bool process_head(struct http1 *http1, struct str *input)
{
    struct http1_head head;
    struct status st = {0};
    size_t length, limit = (size_t)http1->options->limits.head_max_bytes;

    /* RFC 9112 §2.2: an empty line before a request is passed over. */
    while (http1->scanned == 0 && input->n >= 2 && input->p[0] == '\r' && input->p[1] == '\n') {
        input->p += 2;
        input->n -= 2;
    }
    if (input->n == 0)
        return false;
    length = http1_head_length(*input, http1->scanned);
    if (length > limit || (length == 0 && input->n >= limit)) {
        (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "HEADERS_TOO_LARGE",
                   "request line and headers are larger than %zu bytes", limit);
        refuse(http1, &st);
        return false;
    }
    if (length == 0) {
        /* What can never become a head is not waited for. */
        if (memchr(input->p, '\n', input->n) != NULL &&
            (input->p[0] == '\n' || ((const char *)memchr(input->p, '\n', input->n))[-1] != '\r')) {
            (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "BAD_REQUEST",
                       "the request has a line that does not end in CR LF");
            refuse(http1, &st);
            return false;
        }
        if (http1->scanned == 0)
            http1->wait_start = time_mono();
        http1->scanned = input->n;
        return false;
    }
    http1->scanned = 0;
    status_code code = http1_head_parse((struct str){input->p, length}, http1->arena, &head, &st);
    input->p += length;
    input->n -= length;
    if (code != STATUS_OK) {
        arena_reset(http1->arena);
        refuse(http1, &st);
        return false;
    }
    begin_request(http1, &head);
    return true;
}

static void end_body(struct http1 *http1)
{
    struct exchange *exchange = http1->exchange;

    http1->state = READ_NOTHING;
    if (exchange == NULL) {
        http1->state = READ_HEAD;
        http1->wait_start = time_mono();
        return;
    }
    exchange_ref(exchange);
    exchange_deliver_body_end(exchange);
    exchange_unref(exchange);
}

/* Returns false when more input or the route is waited for. */
static bool process_body(struct http1 *http1, struct str *input)
{
    struct exchange *exchange = http1->exchange;
    struct str data = {input->p, 0};
    bool is_end = false;

    if (exchange != NULL && !exchange_is_reading(exchange))
        return false;
    if (http1->is_chunked_request) {
        struct status st = {0};

        if (http1_chunked_next(&http1->chunked, input, &data, &is_end, &st) != STATUS_OK) {
            refuse(http1, &st);
            return false;
        }
    } else {
        data.n = (int64_t)input->n < http1->body_left ? input->n : (size_t)http1->body_left;
        input->p += data.n;
        input->n -= data.n;
        http1->body_left -= (int64_t)data.n;
        is_end = http1->body_left == 0;
    }
    if (data.n > 0 && exchange != NULL) {
        exchange_ref(exchange);
        exchange_deliver_body(exchange, data);
        exchange_unref(exchange);
    }
    /* The handler may have ended the response, and paused; the end waits for nobody. */
    if (is_end) {
        end_body(http1);
        return true;
    }
    return data.n > 0 && input->n > 0;
}

static void process(struct http1 *http1, struct str *input)
{
    bool goes_on = true;

    http1->is_processing = true;
    while (goes_on && !connection_is_ending(http1->connection)) {
        switch (http1->state) {
        case READ_HEAD:
            if (http1->is_eof ||
                (server_is_stopping(connection_server(http1->connection)) && input->n == 0)) {
                connection_finish(http1->connection);
                goes_on = false;
                break;
            }
            goes_on = process_head(http1, input);
            break;
        case READ_BODY:
            goes_on = process_body(http1, input);
            break;
        case READ_NOTHING:
            goes_on = false;
            break;
        }
    }
    http1->is_processing = false;
    /* The socket is read while there is room, even when nobody waits for input: that is how its
     * end is seen. */
    if (!http1->is_eof)
        connection_set_reading(http1->connection, input->n < INPUT_WANTED_BYTES);
}

/* --- what the connection tells --- */

static void receive(void *protocol, struct str bytes)
{
    struct http1 *http1 = protocol;

    if (http1->input.length > 0) {
        if (!buf_append(&http1->input, bytes.p, bytes.n)) {
            connection_abort(http1->connection);
            return;
        }
        resume(http1);
        return;
    }
    process(http1, &bytes);
    if (bytes.n > 0 && !buf_append(&http1->input, bytes.p, bytes.n))
        connection_abort(http1->connection);
}

static void receive_eof(void *protocol)
{
    struct http1 *http1 = protocol;

    http1->is_eof = true;
    if (http1->exchange != NULL && http1->state == READ_NOTHING)
        return; /* a half-closed client may still read its answer */
    if (http1->exchange != NULL && http1->state == READ_BODY && http1->input.length > 0)
        return; /* what is left of the body may be in the buffer */
    if (http1->exchange == NULL && http1->input.length == 0)
        connection_finish(http1->connection);
    else
        connection_abort(http1->connection);
}

static void prepare(void *protocol)
{
}

static void sent(void *protocol)
{
    struct http1 *http1 = protocol;
    struct exchange *exchange = http1->exchange;

    if (exchange == NULL)
        return;
    exchange_ref(exchange);
    exchange_deliver_room(exchange);
    exchange_unref(exchange);
}

static bool is_over(int64_t now, int64_t start, int64_t timeout_ms)
{
    return now - start > timeout_ms * NANOSECONDS_PER_MS;
}

static void tick(void *protocol, int64_t now)
{
    struct http1 *http1 = protocol;
    const struct server_limits *limits = &http1->options->limits;
    struct status st = {0};

    if (connection_is_ending(http1->connection))
        return;
    if (http1->state == READ_HEAD && http1->scanned > 0) {
        if (is_over(now, http1->wait_start, limits->head_timeout_ms)) {
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's head did not arrive in time");
            refuse(http1, &st);
        }
    } else if (http1->state == READ_HEAD) {
        if (is_over(now, http1->wait_start, limits->idle_timeout_ms))
            connection_finish(http1->connection);
    } else if (http1->state == READ_BODY &&
               (http1->exchange == NULL || exchange_is_reading(http1->exchange))) {
        int64_t last = connection_last_read(http1->connection);

        if (last < http1->read_start)
            last = http1->read_start;
        if (http1->is_eof || is_over(now, last, limits->body_timeout_ms)) {
            if (http1->exchange == NULL || http1->is_eof) {
                connection_abort(http1->connection);
                return;
            }
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's body stopped arriving");
            refuse(http1, &st);
        }
    }
}

static void drain(void *protocol)
{
    struct http1 *http1 = protocol;

    if (http1->exchange == NULL && http1->state == READ_HEAD && http1->input.length == 0)
        connection_finish(http1->connection);
}

static void closed(void *protocol)
{
    struct http1 *http1 = protocol;
    struct exchange *exchange = http1->exchange;

    http1->exchange = NULL;
    if (exchange != NULL)
        exchange_close(exchange);
    buf_deinit(&http1->input);
    arena_free(http1->arena);
    free(http1);
}

static const struct connection_protocol protocol_operations = {
    receive, receive_eof, prepare, sent, tick, drain, closed,
};

struct http1 *http1_new(struct connection *connection,
                        const struct connection_protocol **ret_operations)
{
    struct http1 *http1 = calloc(1, sizeof(*http1));
    const struct server_options *options = server_options(connection_server(connection));

    if (http1 == NULL)
        return NULL;
    http1->arena = arena_new(HEAD_ARENA_BYTES);
    if (http1->arena == NULL) {
        free(http1);
        return NULL;
    }
    http1->connection = connection;
    http1->options = options;
    http1->wait_start = time_mono();
    buf_init(&http1->input,
             (size_t)options->limits.head_max_bytes + INPUT_WANTED_BYTES + CONNECTION_READ_BYTES);
    *ret_operations = &protocol_operations;
    return http1;
}
