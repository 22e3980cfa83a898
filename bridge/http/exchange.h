#pragma once

/*
 * One HTTP request and its response, whichever protocol carries them. This is all that routes see
 * of HTTP; http1.c and http2.c stand behind it (exchange_transport.h).
 *
 * Request: method, path, query and header fields are there from the start. The body comes in
 * pieces, and only while the route reads: exchange_read() starts and resumes, exchange_pause()
 * stops, down to the client's socket or stream window.
 *
 * Response: exchange_respond() sets the status, exchange_add_header() fields, exchange_write()
 * body bytes, exchange_end() ends it. Head and first bytes are held back up to
 * EXCHANGE_HOLD_BYTES, so that a short answer gets a Content-Length and a failure before that
 * point can still become a proper error (error_respond()). exchange_write() returns false when
 * the client takes bytes more slowly than they come: the route then waits for on_room.
 *
 * Life: on_close is the last callback, exactly once, after the response was handed to the
 * transport whole or when the client is gone. The arena lives until the last reference is
 * dropped; all functions may still be called after on_close and then do nothing.
 * exchange_end(), exchange_abort() and error_respond() may run on_close before they return.
 *
 * Thread rule: the loop thread.
 */

#include <http_parser.h> /* enum http_status */

#include "bridge/http/content_coding.h"
#include "bridge/http/header.h"
#include "bridge/http/uri.h"
#include "lib/base/arena.h"
#include "lib/wire/lent.h"

enum {
    EXCHANGE_HOLD_BYTES = 32 * 1024,       /* of a body before the head is sent */
    EXCHANGE_QUEUE_HIGH_BYTES = 64 * 1024, /* of output: exchange_write() says "wait" */
    EXCHANGE_QUEUE_LOW_BYTES = 64 * 1024,  /* of output: on_room */
    EXCHANGE_ARENA_MAX = 1024 * 1024,
    EXCHANGE_HEADERS_MAX = 32, /* fields that a route may add */
    EXCHANGE_KEPT_MAX = 12,    /* fields that are kept for every answer */
    EXCHANGE_PARAMS_MAX = 4,   /* of a path */
};

struct bridge;
struct exchange;
struct route;
struct trace_context;

struct exchange_handler {
    /* A piece of the body; borrowed. All of it is to be taken, also by one who then pauses. */
    void (*on_body)(struct exchange *exchange, struct str bytes, void *data);
    /* The body is complete. */
    void (*on_body_end)(struct exchange *exchange, void *data);
    /* Bytes of the answer's body as they go out, in its content coding; borrowed. */
    void (*on_sent)(struct exchange *exchange, struct str bytes, void *data);
    /* There is room for output again. */
    void (*on_room)(struct exchange *exchange, void *data);
    /* The timer ran out. */
    void (*on_timer)(struct exchange *exchange, void *data);
    /* The end; see above. */
    void (*on_close)(struct exchange *exchange, void *data);
};

/* Any callback may be NULL. `handler` is static; without one, bodies are dropped. */
void exchange_set_handler(struct exchange *exchange, const struct exchange_handler *handler,
                          void *data);

struct exchange *exchange_ref(struct exchange *exchange);
void exchange_unref(struct exchange *exchange);
DEFINE_CLEANUP_NAMED(struct exchange *, exchange_unrefp, exchange_unref)

/* --- request --- */

struct bridge *exchange_bridge(const struct exchange *exchange);
/* Dies with the last reference. Never NULL. */
struct arena *exchange_arena(const struct exchange *exchange);
/* "GET"; a HEAD request that a GET route answers stays "HEAD": the body is left out by itself. */
const char *exchange_method(const struct exchange *exchange);
struct str exchange_path(const struct exchange *exchange);
/* A query parameter, decoded; false when there is none. */
bool exchange_query(const struct exchange *exchange, const char *name, struct str *ret_value);
/* The first field of that (lower-case) name; false when there is none. */
bool exchange_header(const struct exchange *exchange, const char *name, struct str *ret_value);
/* Whether Accept names this media type itself; a wildcard does not. */
bool exchange_accepts(const struct exchange *exchange, struct str media_type);
/* How often the field stands in the request. */
size_t exchange_header_count(const struct exchange *exchange, const char *name);
/* The field of that name that is `index`th from the start; false when there are fewer. */
bool exchange_header_at(const struct exchange *exchange, const char *name, size_t index,
                        struct str *ret_value);
/* A segment of the path, by its name in the route's pattern; NUL-terminated, never NULL. */
const char *exchange_param(const struct exchange *exchange, const char *name);
/* Declared length of the body; 0 when there is none, -1 when it comes in chunks. */
int64_t exchange_content_length(const struct exchange *exchange);
/* The client's IP address as text: the peer's, or what a trusted proxy said it is. */
const char *exchange_client_address(const struct exchange *exchange);
/* Whether the request came over TLS to this process. */
bool exchange_is_secure(const struct exchange *exchange);
/* X-Request-Id as sent, when it is sound, else one made up; never NULL. */
const char *exchange_request_id(const struct exchange *exchange);

/* The trace that the request belongs to: what is done for it goes on below this. */
const struct trace_context *exchange_trace(const struct exchange *exchange);

/* Who makes the request, once that is known (bridge/caller.h); NULL before. */
void exchange_set_caller(struct exchange *exchange, const void *caller);
const void *exchange_caller(const struct exchange *exchange);

/* --- request body --- */

/* Lets body pieces come, some of them or the end before this returns; sends "100 Continue" first
 * where the client waits for it. */
void exchange_read(struct exchange *exchange);
void exchange_pause(struct exchange *exchange);
/* Bytes of the body handed over so far. */
int64_t exchange_body_bytes(const struct exchange *exchange);

/* --- response --- */

/* Adds a field (copied); control characters in the value are dropped. For fields that are set for
 * every answer (Cache-Control) the route's value stands. */
void exchange_add_header(struct exchange *exchange, const char *name, const char *format, ...)
    _printf_(3, 4);
/* A field for whichever answer it will be, also an error in place of another one; where the route
 * adds the same field, the route's stands. Set again, it is replaced. */
void exchange_keep_header(struct exchange *exchange, const char *name, const char *format, ...)
    _printf_(3, 4);
void exchange_respond(struct exchange *exchange, enum http_status status);
/* Lets text and JSON be compressed where the client takes that: gzip or br, with Vary and an ETag
 * of its own. What says that it takes ranges never is. */
void exchange_allow_coding(struct exchange *exchange);
/* What a body of that type would be coded in for this client, unless it is a short one. */
content_coding exchange_wanted_coding(const struct exchange *exchange, struct str content_type);
/* What is written is in this coding already, and the answer says so. */
void exchange_set_coded(struct exchange *exchange, content_coding coding);
/* What the body went out in, once the head has gone out. */
content_coding exchange_coding(const struct exchange *exchange);
/* Announces how long the body is (Content-Length), also to a HEAD request; a body that ends up with
 * another length is cut off. Without it, only a short body's length is told. */
void exchange_set_length(struct exchange *exchange, int64_t length);
/* Copies. False: wait for on_room before writing more. */
bool exchange_write(struct exchange *exchange, struct str bytes);
/* The same without a copy where protocol and coding allow it. Takes the loan; it may last longer
 * than the exchange. */
bool exchange_write_lent(struct exchange *exchange, struct lent lent);
/* Sends what is held back, the head included: for an answer that comes bit by bit. As
 * exchange_write() else. */
bool exchange_flush(struct exchange *exchange);
void exchange_end(struct exchange *exchange);
bool exchange_is_head_request(const struct exchange *exchange);
/* respond, write and end with a JSON body. */
void exchange_respond_json(struct exchange *exchange, enum http_status status, struct str body);

/* Cuts the connection or stream off, so that the client sees that the body is not whole. */
void exchange_abort(struct exchange *exchange);

/* True once the head has gone out: too late for another status. */
bool exchange_is_committed(const struct exchange *exchange);
/* True once all of the answer was handed to the transport: not for one that was cut off. */
bool exchange_is_whole(const struct exchange *exchange);
/* True after on_close. */
bool exchange_is_closed(const struct exchange *exchange);
/* Forgets status, fields and body of a response that is not committed. */
void exchange_reset_response(struct exchange *exchange);

/* --- time --- */

/* One timer an exchange; 0 stops it. */
void exchange_set_timer(struct exchange *exchange, int64_t timeout_ms);

/* --- for upstream.h --- */

/* Calls `cancel(arg)` when the exchange closes, before on_close; entries are the caller's memory
 * and stay until removed. */
struct exchange_cancel {
    void (*cancel)(void *arg);
    void *arg;
    struct exchange_cancel *next;
};
void exchange_add_cancel(struct exchange *exchange, struct exchange_cancel *entry);
void exchange_remove_cancel(struct exchange *exchange, struct exchange_cancel *entry);
