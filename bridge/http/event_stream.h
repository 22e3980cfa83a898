#pragma once

/*
 * Server-sent events as the answer of an exchange (WHATWG HTML, §9.2 "Server-sent events").
 *
 * The head goes out with the first event, so that a failure before it is an answer with a status of
 * its own. While there is nothing to say, a comment now and then keeps proxies from taking the
 * connection for dead; these begin the answer too. It uses the exchange's timer.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/exchange.h"
#include "lib/base/status.h"

struct event_stream {
    struct exchange *exchange; /* borrowed */
    int64_t keep_alive_ms;     /* a comment after so long without an event */
};

/* Whether the client asks for events: Accept names text/event-stream. */
bool event_stream_is_wanted(const struct exchange *exchange);

/* Starts the clock of comments; nothing is sent yet. */
void event_stream_start(struct event_stream *stream, struct exchange *exchange,
                        int64_t keep_alive_ms);
/*
 * Sends an event. False: wait for on_room before sending more.
 *
 * @id: what a client that lost the connection sends as Last-Event-ID; NULL: none, and the latest
 * one's stands.
 * @data: one line.
 */
bool event_stream_send(struct event_stream *stream, const char *event, const char *id,
                       struct str data);
/* Ends it with a failure: the answer to the request where none has begun, else an event "error"
 * with the same body. */
void event_stream_fail(struct event_stream *stream, const struct status *st);
/* For on_timer. */
void event_stream_keep_alive(struct event_stream *stream);
/* After the last event. */
void event_stream_end(struct event_stream *stream);
