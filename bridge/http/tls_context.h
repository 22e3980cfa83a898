#pragma once

/*
 * The server's side of TLS: its certificate and key, and what it agrees to.
 *
 * What that is stands in lib/wire/tls_server.h; ALPN settles on h2 or http/1.1.
 *
 * Thread rule: one thread at a time.
 */

#include <openssl/ssl.h>

#include "lib/base/status.h"

struct tls_context;

/* Reads the PEM files: the certificate with its chain behind it, and its key without a passphrase.
 * The names are borrowed, and have to live as long. Fails with INVALID_ARGUMENT CONFIG when they
 * cannot be read or do not belong together. */
status_code tls_context_new(const char *certificate_file, const char *key_file,
                            struct tls_context **ret_context, struct status *st) _must_check_;
void tls_context_free(struct tls_context *context);
DEFINE_CLEANUP(struct tls_context *, tls_context)

/* Reads the files again. Connections that are open keep what they have; on failure so do new
 * ones. */
status_code tls_context_reload(struct tls_context *context, struct status *st) _must_check_;

/* A new session in the accepting state; NULL when out of memory. */
SSL *tls_context_accept(const struct tls_context *context);

/* When the certificate ends to be valid, in seconds since 1970. */
int64_t tls_context_not_after(const struct tls_context *context);
