#pragma once

/*
 * The other side of an exchange: what a protocol does for it, and what it tells it.
 *
 * Thread rule: the loop thread.
 */

#include <uv.h>

#include "bridge/http/exchange.h"

/* What an exchange asks of its protocol. None of them calls back before it returns, save that
 * `end` and `reset` may call exchange_close(). */
struct exchange_transport {
    void (*send_continue)(struct exchange *exchange, void *transport);
    /* Status and fields, complete. `is_last`: no body follows. `content_length` is -1 when it is
     * not known; the field itself is for the transport to write. */
    void (*send_head)(struct exchange *exchange, void *transport, int64_t content_length,
                      bool is_last);
    void (*send_body)(struct exchange *exchange, void *transport, struct str bytes);
    /* The same of lent bytes; takes the loan. */
    void (*send_lent)(struct exchange *exchange, void *transport, struct lent lent);
    /* The body is whole (not called after is_last). */
    void (*send_end)(struct exchange *exchange, void *transport);
    /* Start or stop delivering the body. */
    void (*set_reading)(struct exchange *exchange, void *transport, bool is_reading);
    /* Output bytes that the client has not taken yet. */
    size_t (*queued_bytes)(struct exchange *exchange, void *transport);
    void (*reset)(struct exchange *exchange, void *transport);
};

struct exchange_request {
    const char *method; /* static or in the caller's memory */
    struct str target;
    const struct header_field *fields; /* copied */
    size_t field_count;
    int64_t content_length; /* -1: not known */
    bool has_body;
    bool expects_continue;
    bool is_secure; /* it came over TLS */
    const char *client_address;
};

/* Who answers requests: the router. */
typedef void (*exchange_dispatch)(struct exchange *exchange, void *data);

/* The first reference belongs to the transport, which drops it with exchange_close().
 * NULL when out of memory. */
struct exchange *exchange_new(struct bridge *bridge, uv_loop_t *loop,
                              const struct exchange_request *request,
                              const struct exchange_transport *operations, void *transport);

/* A body piece, only while it is read; the end of the body; room for output. */
void exchange_deliver_body(struct exchange *exchange, struct str bytes);
void exchange_deliver_body_end(struct exchange *exchange);
void exchange_deliver_room(struct exchange *exchange);
bool exchange_is_reading(const struct exchange *exchange);
/* The client was waited for more than `grace_ms`, and what came of the body is less than `rate_min`
 * bytes for each second beyond that; 0: no body is. What the route takes its time for counts not.
 */
bool exchange_is_body_slow(const struct exchange *exchange, int64_t now, int64_t grace_ms,
                           int64_t rate_min);

/* Response complete or client gone; cancels what is left and drops the transport's reference. */
void exchange_close(struct exchange *exchange);

/* For send_head. */
enum http_status exchange_status(const struct exchange *exchange);
const struct header_field *exchange_response_fields(const struct exchange *exchange,
                                                    size_t *ret_count);

/* For the router. The first fails when the target does not parse. */
status_code exchange_parse_target(struct exchange *exchange, struct status *st) _must_check_;
void exchange_set_param(struct exchange *exchange, const char *name, struct str value);
/* @pattern: of the route that was found, static. */
void exchange_set_route(struct exchange *exchange, const char *pattern);
void exchange_set_client_address(struct exchange *exchange, const char *address);
