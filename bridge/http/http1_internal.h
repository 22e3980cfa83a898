#pragma once

/*
 * What the two sides of HTTP/1.1 on a connection share: requests as they are read (http1.c), and
 * answers as they are written (http1_response.c). Nobody else includes this.
 *
 * Thread rule: the loop thread.
 */

#include "bridge/http/connection.h"
#include "bridge/http/exchange_transport.h"
#include "bridge/http/http1.h"
#include "bridge/http/http1_chunked.h"

typedef enum {
    READ_HEAD,
    READ_BODY,
    READ_NOTHING, /* the body is complete; the response is not */
} http1_read_state;

struct http1 {
    struct connection *connection;
    const struct server_options *options;
    struct arena *arena; /* of one head */
    struct buf input;    /* arrived, not yet used */
    size_t scanned;      /* bytes of an incomplete head that were searched for its end */
    http1_read_state state;
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
    int probes; /* interim responses since then */

    struct http2 *successor; /* takes over before the next output (RFC 7540 §3.2); NULL: none */
    const struct connection_protocol *successor_operations;
};

/* Uses what has piled up, unless the caller is being called from there. */
void http1_resume(struct http1 *http1);

/* An interim response, which says nothing. */
void http1_probe(struct http1 *http1);

/* What an exchange asks of us. */
extern const struct exchange_transport http1_transport;
