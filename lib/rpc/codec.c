#include "lib/rpc/codec.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include "lib/rpc/inflate.h"

static status_code fail_too_large(size_t size, size_t max_bytes, struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                "the message has %zu bytes, the limit is %zu", size, max_bytes);
}

status_code rpc_encode(const void *message, size_t max_bytes, grpc_byte_buffer **ret_buffer,
                       struct status *st)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size > max_bytes)
        return fail_too_large(size, max_bytes, st);
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

static status_code unpack(const void *bytes, size_t size, const ProtobufCMessageDescriptor *type,
                          status_code malformed, struct arena *arena, void **ret_message,
                          struct status *st)
{
    struct arena_allocator allocator = {
        .base = {allocate, release, &allocator},
        .arena = arena,
    };
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator.base, size, bytes);

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
    status_code code = unpack(GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice), type,
                              malformed, arena, ret_message, st);
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
        return fail_too_large(size, max_bytes, st);
    if (!rpc_is_compressed(buffer))
        return unpack_slices(buffer, type, malformed, arena, ret_message, st);
    TRY(rpc_inflate(buffer, malformed, &inflated, st));
    return unpack(inflated.data, inflated.length, type, malformed, arena, ret_message, st);
}
