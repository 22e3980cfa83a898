#include <inttypes.h>
#include <stdio.h>

#include "bridge/http/http1_internal.h"
#include "bridge/http/server.h"
#include "lib/base/clock.h"

enum { DISCARD_MAX_BYTES = 64 * 1024 }; /* rest of a body read over to keep the connection */

static void send_text(struct http1 *http1, const char *text)
{
    connection_send(http1->connection, str_of(text));
}

void http1_probe(struct http1 *http1)
{
    send_text(http1, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void send_continue(struct exchange *exchange, void *transport)
{
    struct http1 *http1 = transport;

    http1->waits_for_continue = false;
    http1_probe(http1);
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
        http1_resume(http1);
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

static void send_lent(struct exchange *exchange, void *transport, struct lent lent)
{
    struct http1 *http1 = transport;

    if (http1->is_chunked_response) {
        send_body(exchange, transport, lent.bytes);
        lent_return(&lent);
    } else {
        connection_send_lent(http1->connection, lent);
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
        http1_resume(http1);
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

const struct exchange_transport http1_transport = {
    send_continue, send_head, send_body, send_lent, send_end, set_reading, queued_bytes, reset,
};
