#pragma once

/*
 * What gRPC writes into header fields (grpc/doc/PROTOCOL-HTTP2.md): time-outs, messages, keys.
 * Thread rule: any thread.
 */

#include "lib/rpc/rpc.h"

/* "grpc-timeout": up to 8 digits and a unit. False for anything else. */
bool rpc_header_timeout(struct str text, int64_t *ret_ns);

/* "grpc-message": percent-encoded, all but printable ASCII and "%". Appends; false as buf_append().
 */
bool rpc_header_percent(struct str text, struct buf *out) _must_check_;

/* The key ends in "-bin": values are Base64 (lib/base/base64.h), written without padding, read with
 * or without. */
bool rpc_header_is_binary(struct str key);

/* Whether a call that has `count` entries of the application's may carry this one: lower-case
 * letters, digits, "-", "_" and "." in the key, which is none of the protocol's own; printable
 * ASCII in the value, unless the key ends in "-bin". Fails with INVALID_ARGUMENT METADATA_MALFORMED
 * and, beyond RPC_METADATA_MAX, with RESOURCE_EXHAUSTED METADATA_TOO_LARGE. */
status_code rpc_header_check(const char *key, struct str value, size_t count,
                             struct status *st) _must_check_;
