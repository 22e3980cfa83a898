#include "bridge/http/event_stream.h"

#include "bridge/http/error.h"

enum { EVENT_MAX_BYTES = 64 }; /* without the data */

bool event_stream_is_wanted(const struct exchange *exchange)
{
    return exchange_accepts(exchange, STR("text/event-stream"));
}

void event_stream_start(struct event_stream *stream, struct exchange *exchange,
                        int64_t keep_alive_ms)
{
    *stream = (struct event_stream){exchange, keep_alive_ms};
    exchange_set_timer(exchange, keep_alive_ms);
}

static void begin(struct exchange *exchange)
{
    if (exchange_is_committed(exchange))
        return;
    /* The type means UTF-8 by itself, but clients take text without a charset for Latin-1. */
    exchange_add_header(exchange, "content-type", "text/event-stream; charset=utf-8");
    /* nginx would collect the answer first. */
    exchange_add_header(exchange, "x-accel-buffering", "no");
    exchange_respond(exchange, HTTP_STATUS_OK);
}

bool event_stream_send(struct event_stream *stream, const char *event, const char *id,
                       struct str data)
{
    struct exchange *exchange = stream->exchange;
    struct buf text;

    /* In one piece, which is one chunk or frame. */
    buf_init(&text, data.n + EVENT_MAX_BYTES);
    if ((id == NULL || buf_printf(&text, "id: %s\n", id)) &&
        buf_printf(&text, "event: %s\ndata: ", event) && buf_append(&text, data.p, data.n) &&
        buf_append_str(&text, "\n\n")) {
        begin(exchange);
        (void)exchange_write(exchange, buf_str(&text));
    } else {
        exchange_abort(exchange);
    }
    buf_deinit(&text);
    exchange_set_timer(exchange, stream->keep_alive_ms);
    return exchange_flush(exchange);
}

void event_stream_fail(struct event_stream *stream, const struct status *st)
{
    struct buf body;

    if (!exchange_is_committed(stream->exchange)) {
        error_respond(stream->exchange, st);
        return;
    }
    buf_init(&body, ERROR_BODY_MAX_BYTES);
    if (error_write_late(&body, stream->exchange, st)) {
        (void)event_stream_send(stream, "error", NULL, str_trim(buf_str(&body)));
        event_stream_end(stream);
    } else {
        exchange_abort(stream->exchange);
    }
    buf_deinit(&body);
}

void event_stream_keep_alive(struct event_stream *stream)
{
    begin(stream->exchange);
    (void)exchange_write(stream->exchange, STR(": keep-alive\n\n"));
    (void)exchange_flush(stream->exchange);
    exchange_set_timer(stream->exchange, stream->keep_alive_ms);
}

void event_stream_end(struct event_stream *stream)
{
    exchange_set_timer(stream->exchange, 0);
    exchange_end(stream->exchange);
}
