#pragma once

/*
 * What the parts of HTTP/2 share: a connection's session (http2.c), what nghttp2 tells of it
 * (http2_callbacks.c), and its streams, each of which carries an exchange (http2_stream.c).
 *
 * Nobody else includes this. Thread rule: the loop thread.
 */

#include <nghttp2/nghttp2.h>

#include "bridge/http/connection.h"
#include "bridge/http/http2.h"
#include "bridge/http/server.h"
#include "lib/wire/http2_flood.h"

struct http2_stream {
    struct http2 *http2;
    int32_t id;
    struct http2_stream *previous, *next;

    /* The head as it arrives. */
    struct arena *arena; /* NULL once the request was dispatched */
    const char *method;
    struct str target;
    struct header_field *fields;
    size_t field_count;
    int64_t content_length; /* -1: not given */
    size_t head_bytes;
    bool is_head_too_large;
    bool has_two_hosts; /* :authority and Host differ */
    bool expects_continue;

    struct exchange *exchange; /* NULL before dispatch, and once the response was handed over */
    struct buf input;          /* body that came before the route read it; at most the window */
    bool is_input_ended;
    bool is_body_end_delivered;
    int64_t last_input; /* or when the route last asked */

    struct buf output;
    size_t output_start; /* what stands before it in `output` has gone */
    int64_t last_output; /* when some of it was last taken, or came into an empty queue */
    bool is_output_ended;
    int64_t answered_time; /* when the answer ended ahead of the request; 0: it did not */
    bool wants_room;
};

struct http2 {
    struct connection *connection;
    const struct server_options *options;
    nghttp2_session *session;
    struct http2_stream *streams;
    int stream_count;
    int64_t idle_start;
    int64_t preface_start; /* of waiting for the preface after an upgrade; 0: it came */
    int64_t head_start;    /* of a head that is arriving; 0: none */
    struct http2_flood flood;
    bool is_dead;
};

/* What is still to go of the answer's body. */
struct str http2_stream_output(const struct http2_stream *stream);

/* There is something to send, or to hand to a route: that follows before the loop sleeps. It is
 * never done from here, for a route's call must not lead to a callback of that route. */
void http2_wake(struct http2 *http2);

/* Makes the session and its settings; false when out of memory. */
bool http2_open_session(struct http2 *http2) _must_check_;

/* NULL when out of memory. */
struct http2_stream *http2_stream_new(struct http2 *http2, int32_t id);
/* Closes its exchange, too. */
void http2_stream_free(struct http2_stream *stream);
/* NULL when there is none. */
struct http2_stream *http2_stream_find(struct http2 *http2, int32_t id);

/* A field of a head that arrives; nghttp2 has checked names, values and pseudo fields already.
 * Beyond the limits fields are dropped, and the request is answered with 431. False when out of
 * memory. */
bool http2_stream_add_field(struct http2_stream *stream, struct str name,
                            struct str value) _must_check_;
/* The head is complete: makes the exchange, and has it answered. */
void http2_stream_dispatch(struct http2_stream *stream);
/* Hands over the body that has arrived, as far as the route reads. */
void http2_stream_deliver(struct http2_stream *stream);
