#pragma once

/*
 * Compressed messages, as gRPC sends them: gzip, and deflate in zlib's format.
 *
 * A message that grows beyond its limit costs no more memory than the limit. Thread rule: any
 * thread.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"

typedef enum {
    RPC_ENCODING_IDENTITY,
    RPC_ENCODING_GZIP,
    RPC_ENCODING_DEFLATE,
} rpc_encoding;

/* Appends the message to `out`, which is empty and was made with the limit in bytes. Fails with
 * RESOURCE_EXHAUSTED when it is larger or memory is short, and with `malformed` when the bytes are
 * not compressed like that or end early. */
status_code rpc_inflate(struct str bytes, rpc_encoding encoding, status_code malformed,
                        struct buf *out, struct status *st) _must_check_;
