#pragma once

/*
 * What servers and clients of the RPC runtime share: library life time, methods, metadata.
 *
 * The runtime speaks gRPC with protobuf-c messages. `server.h` serves, over nghttp2 and libuv;
 * `client.h` calls and blocks, `async.h` calls from an event loop, both over the grpc core C API.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    RPC_MESSAGE_MAX_BYTES = 1 << 20, /* no message is larger; larger things stream */
    RPC_METADATA_MAX = 32,           /* entries that one call may send; 16 KiB are read at most */
};

/* Call rpc_start() once before anything else and rpc_stop() once after everything else. What grpc
 * core has to say goes to the log (lib/log). Of malloc's arenas there are as many as cores from
 * then on. */
void rpc_start(void);
void rpc_stop(void);

typedef enum {
    RPC_UNARY,
    RPC_CLIENT_STREAM,
    RPC_SERVER_STREAM,
    RPC_BIDI_STREAM,
} rpc_kind;

/* One method as a caller names it. `service` is the descriptor that protoc-c generates
 * (`ocrmesh__ocr__v1__ocr_service__descriptor`); `name` is the method's name in the .proto. */
struct rpc_method {
    const ProtobufCServiceDescriptor *service;
    const char *name;
    rpc_kind kind;
};

/* Key and value of one header or trailer. Keys are lower case; keys that end in "-bin" carry
 * bytes. Both are borrowed. */
struct rpc_metadata_entry {
    const char *key;
    struct str value;
};

/* A borrowed list. */
struct rpc_metadata {
    const struct rpc_metadata_entry *entries;
    size_t count;
};

/* The first value of `key`; false when there is none. */
bool rpc_metadata_get(const struct rpc_metadata *metadata, const char *key, struct str *ret_value);
