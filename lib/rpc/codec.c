#include "lib/rpc/codec.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

status_code rpc_encode(const void *message, size_t max_bytes, grpc_byte_buffer **ret_buffer,
                       struct status *st)
{
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size > max_bytes)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                    "the message has %zu bytes, the limit is %zu", size, max_bytes);
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

status_code rpc_decode(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *type,
                       size_t max_bytes, status_code malformed, struct arena *arena,
                       void **ret_message, struct status *st)
{
    size_t size = grpc_byte_buffer_length(buffer);

    if (size > max_bytes)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                    "the message has %zu bytes, the limit is %zu", size, max_bytes);

    struct arena_allocator allocator = {
        .base = {allocate, release, &allocator},
        .arena = arena,
    };
    ProtobufCMessage *message;
    if (buffer->type == GRPC_BB_RAW && buffer->data.raw.compression == GRPC_COMPRESS_NONE &&
        buffer->data.raw.slice_buffer.count == 1) {
        const grpc_slice *slice = &buffer->data.raw.slice_buffer.slices[0];
        message = protobuf_c_message_unpack(type, &allocator.base, GRPC_SLICE_LENGTH(*slice),
                                            GRPC_SLICE_START_PTR(*slice));
    } else {
        grpc_byte_buffer_reader reader;
        if (!grpc_byte_buffer_reader_init(&reader, buffer))
            return FAIL(st, malformed, "MESSAGE_MALFORMED", "the message cannot be decompressed");
        grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
        message = protobuf_c_message_unpack(type, &allocator.base, GRPC_SLICE_LENGTH(slice),
                                            GRPC_SLICE_START_PTR(slice));
        grpc_slice_unref(slice);
    }
    if (message == NULL && allocator.is_full)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                    "the decoded message does not fit into the call's memory");
    if (message == NULL)
        return FAIL(st, malformed, "MESSAGE_MALFORMED", "the bytes are not a %s", type->name);
    *ret_message = message;
    return STATUS_OK;
}
