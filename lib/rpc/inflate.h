#pragma once

/*
 * Compressed messages, as gRPC sends them: gzip, and deflate in zlib's format.
 *
 * grpc core would decompress a message before it looks at its size, whatever that is; so it is told
 * to leave that to us, and a message that grows beyond its limit costs no more memory than the
 * limit. Thread rule: any thread.
 */

#include <grpc/grpc.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

bool rpc_is_compressed(const grpc_byte_buffer *buffer);

/* Appends the message to `out`, which is empty and was made with the limit in bytes.
 * Fails with RESOURCE_EXHAUSTED when it is larger or memory is short, and with `malformed` when the
 * bytes are not compressed like that or end early. */
status_code rpc_inflate(grpc_byte_buffer *buffer, status_code malformed, struct buf *out,
                        struct status *st) _must_check_;
