#include "lib/rpc/codec.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include "lib/rpc/message.h"
#include "lib/rpc/metadata.h"

status_code rpc_encode(const void *message, size_t max_bytes, grpc_byte_buffer **ret_buffer,
                       struct status *st)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size > max_bytes)
        return rpc_message_fail_too_large(size, max_bytes, st);
    grpc_slice slice = grpc_slice_malloc(size);
    (void)protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    *ret_buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return STATUS_OK;
}

struct arena_allocator {
    ProtobufCAllocator base;
    struct arena *arena;
    bool is_full;
};

static void *allocate(void *data, size_t size)
{
    struct arena_allocator *allocator = data;
    void *memory = arena_alloc(allocator->arena, size);

    if (memory == NULL)
        allocator->is_full = true;
    return memory;
}

static void release(void *data, void *pointer)
{
    /* The arena forgets everything at once. */
}

status_code rpc_unpack(struct str bytes, const ProtobufCMessageDescriptor *type,
                       status_code malformed, struct arena *arena, void **ret_message,
                       struct status *st)
{
    struct arena_allocator allocator = {
        .base = {allocate, release, &allocator},
        .arena = arena,
    };
    ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator.base, bytes.n, (const uint8_t *)bytes.p);

    if (message == NULL && allocator.is_full)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                    "the decoded message does not fit into the call's memory");
    if (message == NULL)
        return FAIL(st, malformed, "MESSAGE_MALFORMED", "the bytes are not a %s", type->name);
    *ret_message = message;
    return STATUS_OK;
}

/* Most messages come in one slice, and are read where they lie. */
static status_code unpack_slices(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *type,
                                 status_code malformed, struct arena *arena, void **ret_message,
                                 struct status *st)
{
    grpc_byte_buffer_reader reader;
    grpc_slice slice;

    (void)grpc_byte_buffer_reader_init(&reader, buffer);
    if (buffer->data.raw.slice_buffer.count == 1)
        (void)grpc_byte_buffer_reader_next(&reader, &slice);
    else
        slice = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    status_code code = rpc_unpack(rpc_slice_view(&slice), type, malformed, arena, ret_message, st);
    grpc_slice_unref(slice);
    return code;
}

static rpc_encoding encoding_of(const grpc_byte_buffer *buffer)
{
    switch (buffer->type == GRPC_BB_RAW ? buffer->data.raw.compression : GRPC_COMPRESS_NONE) {
    case GRPC_COMPRESS_GZIP:
        return RPC_ENCODING_GZIP;
    case GRPC_COMPRESS_DEFLATE:
        return RPC_ENCODING_DEFLATE;
    default:
        return RPC_ENCODING_IDENTITY;
    }
}

/* Core would decompress a message before it looks at its size, whatever that is; so it is told to
 * leave that to us. */
static status_code inflate_slices(grpc_byte_buffer *buffer, status_code malformed, struct buf *out,
                                  struct status *st)
{
    grpc_byte_buffer_reader reader;

    (void)grpc_byte_buffer_reader_init(&reader, buffer);
    grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
    grpc_byte_buffer_reader_destroy(&reader);
    const struct str bytes = rpc_slice_view(&slice);
    status_code code = rpc_inflate(bytes, encoding_of(buffer), malformed, out, st);
    grpc_slice_unref(slice);
    return code;
}

status_code rpc_decode(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *type,
                       size_t max_bytes, status_code malformed, struct arena *arena,
                       void **ret_message, struct status *st)
{
    _cleanup_(buf_deinit) struct buf inflated;
    size_t size = grpc_byte_buffer_length(buffer);

    buf_init(&inflated, max_bytes);
    if (size > max_bytes)
        return rpc_message_fail_too_large(size, max_bytes, st);
    if (encoding_of(buffer) == RPC_ENCODING_IDENTITY)
        return unpack_slices(buffer, type, malformed, arena, ret_message, st);
    TRY(inflate_slices(buffer, malformed, &inflated, st));
    return rpc_unpack(buf_str(&inflated), type, malformed, arena, ret_message, st);
}
