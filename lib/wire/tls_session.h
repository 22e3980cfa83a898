#pragma once

/*
 * TLS between bytes and bytes, with no socket: sealed ones in and out, plain ones out and in.
 *
 * What is to go to the client gathers in tls_session_output(), also without anything having been
 * sealed (handshake, alerts, key updates); it takes at most TLS_SESSION_OUTPUT_MAX bytes, so that a
 * client that provokes answers without reading them ends its own session.
 *
 * Thread rule: one thread at a time.
 */

#include <openssl/ssl.h>

#include "lib/base/str.h"

enum {
    TLS_SESSION_PIECE_BYTES = 256 * 1024, /* most that is sealed in one call */
    TLS_SESSION_OUTPUT_MAX = 512 * 1024,
    TLS_RECORD_MAX = 18 * 1024, /* of one record with what seals it (RFC 8446 §5.2) */
};

struct tls_session;

/* @ssl: in the accepting state; taken. NULL when out of memory, also where that is NULL. */
struct tls_session *tls_session_new(SSL *ssl);
/* Lives as long as the session. */
const SSL *tls_session_ssl(const struct tls_session *session);
void tls_session_free(struct tls_session *session);
DEFINE_CLEANUP(struct tls_session *, tls_session)

typedef enum {
    TLS_SESSION_GOES_ON,
    TLS_SESSION_ENDED,  /* the client said that it sends no more */
    TLS_SESSION_FAILED, /* an alert may be in the output */
} tls_session_state;

/* Takes bytes off *sealed, all but where `plain` is full, and puts what was in them into `plain`.
 * To be called again while *sealed is not empty or `plain` was filled. */
tls_session_state tls_session_open(struct tls_session *session, struct str *sealed, char *plain,
                                   size_t room, size_t *ret_length);
/* Seals up to TLS_SESSION_PIECE_BYTES from the front of `plain`; returns how many, or 0 when the
 * session is broken. Only once it is established. */
size_t tls_session_seal(struct tls_session *session, struct str plain);
/* Says that nothing more is sent. */
void tls_session_end(struct tls_session *session);

/* The handshake is over. */
bool tls_session_is_established(const struct tls_session *session);
/* ALPN chose HTTP/2. */
bool tls_session_is_http2(const struct tls_session *session);
/* Sealed bytes for the client; the caller takes them out. */
struct buf *tls_session_output(struct tls_session *session);
