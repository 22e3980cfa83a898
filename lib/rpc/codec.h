#pragma once

/*
 * Messages to and from bytes, and grpc core's byte buffers, in which the clients have them.
 * Thread rule: any thread.
 */

#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

DEFINE_CLEANUP_NAMED(grpc_byte_buffer *, rpc_byte_buffer_freep, grpc_byte_buffer_destroy)

/* The bytes of `message`. Fails with RESOURCE_EXHAUSTED when they are more than `max_bytes`. */
status_code rpc_encode(const void *message, size_t max_bytes, grpc_byte_buffer **ret_buffer,
                       struct status *st) _must_check_;

/* A message of `type`, all of it in `arena`; `buffer`, which may be compressed, is borrowed.
 * Fails with RESOURCE_EXHAUSTED when the bytes, decompressed, are more than `max_bytes` or what
 * they describe does not fit into the arena, and with `malformed` when they are not such a message.
 */
status_code rpc_decode(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *type,
                       size_t max_bytes, status_code malformed, struct arena *arena,
                       void **ret_message, struct status *st) _must_check_;

/* The same for a message whose bytes lie in one piece, uncompressed and within their limit. */
status_code rpc_unpack(struct str bytes, const ProtobufCMessageDescriptor *type,
                       status_code malformed, struct arena *arena, void **ret_message,
                       struct status *st) _must_check_;
