#pragma once

/*
 * A client's socket, plain or under TLS: plain bytes out of it, a queue of plain bytes into it.
 *
 * Embedded in its owner (connection.c), who uses it by these functions alone. Events come from the
 * loop, never from within a call of the owner's.
 *
 * Thread rule: the loop thread.
 */

#include <uv.h>

#include "lib/base/ip_network.h"
#include "lib/wire/lent.h"
#include "lib/wire/tls_session.h"

enum {
    WIRE_READ_BYTES = 64 * 1024, /* most plain bytes that come at once */
    WIRE_QUEUE_MAX_BYTES = 64 << 20,
};

/* One pair for all sockets of a loop: each is used up before the next read. */
struct wire_buffers {
    char raw[WIRE_READ_BYTES];
    char plain[WIRE_READ_BYTES];
};

/* For a socket that listens, whose accepted ones inherit it (tcp(7)). What a client does not take
 * waits with us, where it is bounded, or made as it is asked for, and not in the socket, which
 * would take megabytes for a client that reads nothing. What is on its way counts not, so that no
 * connection is slower for it. */
bool wire_bound_unsent(int fd) _must_check_;

struct wire_events {
    /* The TLS handshake is over. */
    void (*on_established)(void *owner, bool is_http2);
    void (*on_bytes)(void *owner, struct str bytes);
    /* The client sends no more, and said so; it may still read. Reading has stopped. */
    void (*on_end)(void *owner);
    /* There is output that the owner did not queue: wire_write() is to follow. */
    void (*on_output)(void *owner);
    /* What did not fit into the socket at first was taken by it. */
    void (*on_taken)(void *owner);
    /* Broken, whatever is still queued. */
    void (*on_failure)(void *owner);
};

/* Bytes on their way out: first those that were copied, then those that are lent. */
struct wire_load {
    struct buf copied;
    struct lent lent;
};

struct wire {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe; /* of a Unix socket */
    };
    const struct wire_events *events;
    void *owner;
    struct wire_buffers *buffers;
    struct tls_session *tls; /* NULL: plain */
    struct wire_load output; /* queued, plain */
    struct wire_load flight; /* as it goes to the socket, in libuv's hands */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool is_established;
    bool is_reading;
    bool is_writing;
    bool is_output_ended;
    int64_t last_progress;
};

/* Takes a connection off the listener. @tls: in the accepting state, taken; NULL: plain, or, where
 * it `is_secure`, out of memory. Returns a negative libuv error; also then wire_close() is to
 * follow. */
int wire_accept(struct wire *wire, uv_stream_t *listener, bool is_secure, SSL *tls,
                struct wire_buffers *buffers, const struct wire_events *events, void *owner);
/* The same for a socket that was accepted already, of TCP or a Unix one; takes `fd`. */
int wire_open(struct wire *wire, uv_loop_t *loop, int fd, bool is_secure, SSL *tls,
              struct wire_buffers *buffers, const struct wire_events *events, void *owner);
/* Ends it at once; the handle's data is the owner. wire_deinit() is for `on_closed`. */
void wire_close(struct wire *wire, uv_close_cb on_closed);
void wire_deinit(struct wire *wire);

/* NULL for a plain one. */
const struct tls_session *wire_tls(const struct wire *wire);
/* The client's IP address as text, an IPv4-mapped IPv6 address as IPv4; empty when it is gone. */
void wire_peer(const struct wire *wire, char ret_address[static IP_ADDRESS_TEXT_SIZE]);

void wire_set_reading(struct wire *wire, bool is_reading);

/* Queues a copy; false at the maximum. */
bool wire_queue(struct wire *wire, struct str bytes) _must_check_;
/* Queues them as they are, and gives them back once the socket has taken them, or a copy was needed
 * after all; false at the maximum. Takes the loan in any case. */
bool wire_queue_lent(struct wire *wire, struct lent lent) _must_check_;
/* Bytes that the socket has not taken. */
size_t wire_queued(const struct wire *wire);
/* The socket has not taken yet what it was handed: wire_write() would wait. */
bool wire_is_writing(const struct wire *wire);
/* When the socket last took some, or the first came into an empty queue; monotonic. */
int64_t wire_last_progress(const struct wire *wire);

typedef enum {
    WIRE_TAKEN,  /* what was at hand; there may be more in the queue */
    WIRE_WAITS,  /* the socket is full; on_taken follows */
    WIRE_BROKEN, /* on_failure does not follow */
} wire_outcome;

/* Hands the queue to the socket. */
wire_outcome wire_write(struct wire *wire);
/* With an empty queue: ends our side. What the client still sends is told as it is, sealed or not:
 * for counting. False when the socket is broken. */
bool wire_end(struct wire *wire) _must_check_;
