#pragma once

/*
 * What gRPC writes into header fields (grpc/doc/PROTOCOL-HTTP2.md): time-outs, messages, keys.
 * Thread rule: any thread.
 */

#include "lib/base/arena.h"

/* "grpc-timeout": up to 8 digits and a unit. False for anything else. */
bool rpc_header_timeout(struct str text, int64_t *ret_ns);

/* "grpc-message": percent-encoded, all but printable ASCII and "%". Appends; false as buf_append().
 */
bool rpc_header_percent(struct str text, struct buf *out) _must_check_;

/* The key ends in "-bin": values are Base64 (lib/base/base64.h), written without padding, read with
 * or without. */
bool rpc_header_is_binary(struct str key);

/* Whether a call may carry it: lower-case letters, digits, "-", "_" and "." in the key, printable
 * ASCII in the value, unless the key ends in "-bin". */
bool rpc_header_is_key(struct str key);
bool rpc_header_is_text(struct str value);
