#pragma once

/*
 * Messages as gRPC frames them in a stream of bytes: five bytes, which tell whether they are
 * compressed and their length, then the bytes. Thread rule: one thread at a time.
 */

#include <protobuf-c/protobuf-c.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/rpc/inflate.h"

enum { RPC_PREFIX_BYTES = 5 };

/* One on its way, in or out. */
struct rpc_message {
    struct rpc_message *next;
    uint32_t size;     /* of `bytes` when it is whole */
    uint32_t capacity; /* of `bytes` as it is */
    uint32_t used;     /* bytes that have arrived, or have gone */
    bool is_compressed;
    char bytes[]; /* with the prefix on the way out, without it on the way in */
};

/* First in, first out. */
struct rpc_messages {
    struct rpc_message *first, **last;
};

void rpc_messages_init(struct rpc_messages *queue);
void rpc_messages_add(struct rpc_messages *queue, struct rpc_message *message);
/* NULL when there is none. */
struct rpc_message *rpc_messages_take(struct rpc_messages *queue);
/* Moves all of them behind those of `to`. */
void rpc_messages_move(struct rpc_messages *from, struct rpc_messages *to);
void rpc_messages_free(struct rpc_messages *queue);

/* A message that arrives, of which memory is taken as it does; NULL when out of memory. */
struct rpc_message *rpc_message_begin(uint32_t size, bool is_compressed);
/* Appends what belongs to it off the front of *bytes. False when out of memory. */
bool rpc_message_fill(struct rpc_message **message, struct str *bytes) _must_check_;

/* The framed bytes of a protobuf message, by gzip where that makes it smaller. Fails with
 * RESOURCE_EXHAUSTED when they are more than `max_bytes`. */
status_code rpc_message_encode(const void *from, size_t max_bytes, bool compresses,
                               struct rpc_message **ret_message, struct status *st) _must_check_;

/* A protobuf message of `type`, all of it in `arena`. Fails with RESOURCE_EXHAUSTED when it has
 * more than `max_bytes` or does not fit into the arena, INVALID_ARGUMENT when the bytes are not
 * such a message, INTERNAL for a compressed one where the call has no encoding. */
status_code rpc_message_decode(const struct rpc_message *message, rpc_encoding encoding,
                               const ProtobufCMessageDescriptor *type, size_t max_bytes,
                               struct arena *arena, void **ret_message,
                               struct status *st) _must_check_;

/* RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE. */
status_code rpc_message_fail_too_large(size_t size, size_t max_bytes, struct status *st);
