#pragma once

/*
 * What every TLS server of this project agrees to, before certificates come in.
 *
 * TLS 1.2 and 1.3 with forward secrecy and authenticated encryption alone: the "intermediate" list
 * of Mozilla's Server Side TLS 5.7 without its finite-field Diffie-Hellman. There is no
 * compression, no renegotiation, no early data, and no resumption, whose keys would outlive the
 * sessions, and the authorities that vouched for them.
 *
 * Thread rule: any thread.
 */

#include <openssl/ssl.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

/* @protocols: what ALPN (RFC 7301) may settle on, in the order of preference, as on the wire
 * ("\2h2" and so on), borrowed for good; a client that offers only others is refused. The caller
 * frees it by SSL_CTX_free(). Fails with RESOURCE_EXHAUSTED, or INTERNAL where OpenSSL does not
 * know the ciphers. */
status_code tls_server_new(const struct str *protocols, SSL_CTX **ret_context,
                           struct status *st) _must_check_;
