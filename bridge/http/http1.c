#include "bridge/http/http1.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/http/error.h"
#include "bridge/http/http1_head.h"
#include "bridge/http/http1_internal.h"
#include "bridge/http/http2.h"
#include "bridge/http/http2_upgrade.h"
#include "bridge/http/server.h"
#include "lib/base/clock.h"

enum {
    PROBES_MAX = 240,               /* two a second: as long as an inline job is waited for */
    INPUT_WANTED_BYTES = 64 * 1024, /* unread input at which the socket is left alone */
    HEAD_ARENA_BYTES = 256 * 1024,
    STOP_IDLE_MS = 1000, /* as idle_timeout_ms, while the server stops */
};

static void process(struct http1 *http1, struct str *input);

void http1_resume(struct http1 *http1)
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

/* --- requests --- */

/* Answers what cannot be dispatched; the connection ends, for nobody knows where the next request
 * would begin. */
static void refuse(struct http1 *http1, const struct status *st)
{
    struct exchange_request request = {
        .method = "GET",
        .target = STR("/"),
        .is_secure = connection_is_secure(http1->connection),
        .client_address = connection_address(http1->connection),
    };

    http1->keeps_alive = false;
    if (http1->exchange == NULL)
        http1->exchange = exchange_new(http1->options->bridge, http1->options->loop, &request,
                                       &http1_transport, http1);
    if (http1->exchange == NULL || exchange_is_committed(http1->exchange)) {
        connection_abort(http1->connection);
        return;
    }
    http1->state = READ_NOTHING;
    error_respond(http1->exchange, st);
}

/* True when the request is stream 1 of HTTP/2 from here on. */
static bool upgrade(struct http1 *http1, const struct http1_head *head)
{
    uint8_t settings[HTTP2_UPGRADE_SETTINGS_MAX];
    size_t length;

    if (connection_is_secure(http1->connection) ||
        server_is_stopping(connection_server(http1->connection)) ||
        !http2_upgrade_is_asked(head, settings, &length))
        return false;
    http1->successor =
        http2_upgrade(http1->connection, head, (struct str){(const char *)settings, length},
                      &http1->successor_operations);
    if (http1->successor == NULL)
        return false;
    http1->state = READ_NOTHING;
    arena_reset(http1->arena);
    connection_send(http1->connection, STR("HTTP/1.1 101 Switching Protocols\r\n"
                                           "connection: Upgrade\r\n"
                                           "upgrade: h2c\r\n\r\n"));
    return true;
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
        .is_secure = connection_is_secure(http1->connection),
        .client_address = connection_address(http1->connection),
    };

    if (upgrade(http1, head))
        return;
    http1->is_http10 = head->minor_version == 0;
    http1->keeps_alive = head->keeps_alive;
    http1->is_chunked_request = head->is_chunked;
    http1->body_left = head->content_length > 0 ? head->content_length : 0;
    http1->waits_for_continue = head->expects_continue && request.has_body;
    http1->state = request.has_body ? READ_BODY : READ_NOTHING;
    http1_chunked_init(&http1->chunked);
    http1->exchange = exchange_new(http1->options->bridge, http1->options->loop, &request,
                                   &http1_transport, http1);
    arena_reset(http1->arena);
    if (http1->exchange == NULL) {
        connection_abort(http1->connection);
        return;
    }
    struct exchange *exchange = exchange_ref(http1->exchange);
    http1->options->dispatch(exchange, http1->options->dispatch_data);
    exchange_unref(exchange);
}

/* What can never become a head is not waited for. */
static bool may_become_head(struct str input)
{
    const char *line_feed = memchr(input.p, '\n', input.n);

    return header_is_token((struct str){input.p, 1}) &&
           (line_feed == NULL || (line_feed > input.p && line_feed[-1] == '\r'));
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
    if (input->n == 0 || str_equal(*input, STR("\r")))
        return false;
    length = http1_head_length(*input, http1->scanned);
    if (length > limit || (length == 0 && input->n >= limit)) {
        (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "HEADERS_TOO_LARGE",
                   "request line and headers are larger than %zu bytes", limit);
        refuse(http1, &st);
        return false;
    }
    if (length == 0) {
        if (!may_become_head(*input)) {
            (void)FAIL(&st, STATUS_INVALID_ARGUMENT, "BAD_REQUEST",
                       "the request has a line that does not end in CR LF, or is no HTTP at all");
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
            if (http1->is_eof) {
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
        http1_resume(http1);
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
    struct http1 *http1 = protocol;

    if (http1->successor != NULL)
        connection_replace_protocol(http1->connection, http1->successor_operations,
                                    TAKE(http1->successor), buf_str(&http1->input));
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

/* A client that sends no more may still read its answer, or be gone, and an answer that takes long
 * is then made for nobody. An interim response tells: whoever is there passes over it (RFC 9110
 * §15.2), and the system of who is gone answers with a reset, so that the next one cannot be sent
 * and the connection ends. */
static void ask_whether_gone(struct http1 *http1)
{
    if (!http1->is_eof || http1->exchange == NULL || http1->state != READ_NOTHING ||
        http1->is_http10 || exchange_is_committed(http1->exchange) || http1->probes >= PROBES_MAX)
        return;
    http1->probes++;
    http1_probe(http1);
}

/* While the server stops a client that is quiet is left for a moment: its next request may be on
 * its way, and its answer tells it that the connection closes. One that is closed under a request
 * leaves its client in doubt (RFC 9112 section 9.5). */
static int64_t idle_timeout_ms(const struct http1 *http1)
{
    return server_is_stopping(connection_server(http1->connection))
               ? STOP_IDLE_MS
               : http1->options->limits.idle_timeout_ms;
}

static void tick(void *protocol, int64_t now)
{
    struct http1 *http1 = protocol;
    const struct server_limits *limits = &http1->options->limits;
    struct status st = {0};

    if (connection_is_ending(http1->connection))
        return;
    ask_whether_gone(http1);
    if (http1->state == READ_HEAD && http1->scanned > 0) {
        if (is_over(now, http1->wait_start, limits->head_timeout_ms)) {
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's head did not arrive in time");
            refuse(http1, &st);
        }
    } else if (http1->state == READ_HEAD) {
        if (is_over(now, http1->wait_start, idle_timeout_ms(http1)))
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
        } else if (http1->exchange != NULL &&
                   exchange_is_body_slow(http1->exchange, now, limits->body_timeout_ms,
                                         limits->body_rate_min)) {
            (void)FAIL(&st, STATUS_DEADLINE_EXCEEDED, "REQUEST_TIMEOUT",
                       "the request's body comes at less than %" PRId64 " bytes a second",
                       limits->body_rate_min);
            refuse(http1, &st);
        }
    }
}

static void drain(void *protocol)
{
    struct http1 *http1 = protocol;

    if (http1->exchange == NULL && http1->state == READ_HEAD && http1->input.length == 0)
        http1->wait_start = time_mono();
}

static void closed(void *protocol)
{
    struct http1 *http1 = protocol;
    struct exchange *exchange = http1->exchange;

    http1->exchange = NULL;
    if (exchange != NULL)
        exchange_close(exchange);
    if (http1->successor != NULL)
        http1->successor_operations->closed(http1->successor);
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
