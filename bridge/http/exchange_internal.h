#pragma once

/*
 * An exchange from within, for the files that it is made of: exchange.c (its life and the request's
 * body), exchange_request.c (what was asked), exchange_response.c (the answer), exchange_coding.c
 * (the answer's content coding) and exchange_trace.c (its span). Nobody else includes this.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/content_coding.h"
#include "bridge/http/exchange_transport.h"
#include "lib/trace/trace.h"

enum { EXCHANGE_REQUEST_ID_MAX = 64 };

struct exchange_param {
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
    struct exchange_param params[EXCHANGE_PARAMS_MAX];
    size_t param_count;
    int64_t content_length;
    const char *client_address;
    const void *caller;
    char request_id[EXCHANGE_REQUEST_ID_MAX + 1];
    struct trace_context trace;
    struct trace_span *span; /* until it is closed; NULL: not recorded */

    bool is_secure;
    bool has_body;
    bool expects_continue;
    bool is_reading;
    bool is_body_ended;
    int64_t body_bytes;
    int64_t reading_since; /* while it reads */
    int64_t reading_ns;    /* before that: what the client was waited for */

    enum http_status status;
    struct header_field response_fields[EXCHANGE_HEADERS_MAX];
    size_t response_field_count;
    struct header_field kept_fields[EXCHANGE_KEPT_MAX];
    size_t kept_field_count;
    struct buf held;
    bool may_be_coded;               /* the router allows it */
    bool is_coded_before;            /* by who writes it */
    content_coding coding;           /* of the body as it goes out */
    struct content_encoder *encoder; /* NULL: identity, or coded before */
    int64_t body_written_bytes;      /* before the coding */
    int64_t sent_bytes;              /* as they went */
    int64_t announced_bytes;         /* -1: no length was announced */
    bool is_head_request;
    bool is_committed;
    bool is_ended;
    bool is_whole;
    bool is_closed;
    bool wants_room;

    uv_timer_t *timer; /* heap: it outlives the exchange until libuv has closed it */
};

/* From the request's head to the end. */
void exchange_begin_trace(struct exchange *exchange);
void exchange_end_trace(struct exchange *exchange);

/* Chooses the answer's content coding, when its fields are all there: `length` is the body's, -1
 * when it is not known. Sets the encoder, and the fields that tell of it. */
void exchange_choose_coding(struct exchange *exchange, int64_t length);
