#include "lib/rpc/message.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/rpc/codec.h"
#include "lib/rpc/deflate.h"

enum { CAPACITY_FIRST_BYTES = 4096 };

void rpc_messages_init(struct rpc_messages *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

void rpc_messages_add(struct rpc_messages *queue, struct rpc_message *message)
{
    message->next = NULL;
    *queue->last = message;
    queue->last = &message->next;
}

struct rpc_message *rpc_messages_take(struct rpc_messages *queue)
{
    struct rpc_message *message = queue->first;

    if (message == NULL)
        return NULL;
    queue->first = message->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    return message;
}

void rpc_messages_move(struct rpc_messages *from, struct rpc_messages *to)
{
    if (from->first == NULL)
        return;
    *to->last = from->first;
    to->last = from->last;
    rpc_messages_init(from);
}

void rpc_messages_free(struct rpc_messages *queue)
{
    struct rpc_message *message;

    while ((message = rpc_messages_take(queue)) != NULL)
        free(message);
}

struct rpc_message *rpc_message_begin(uint32_t size, bool is_compressed)
{
    const uint32_t capacity = size < CAPACITY_FIRST_BYTES ? size : CAPACITY_FIRST_BYTES;
    struct rpc_message *message = malloc(sizeof(*message) + capacity);

    if (message != NULL)
        *message = (struct rpc_message){
            .size = size, .capacity = capacity, .is_compressed = is_compressed};
    return message;
}

/* For `more` bytes, which belong to it. */
static bool has_room(struct rpc_message **message, size_t more)
{
    struct rpc_message *old = *message;
    size_t capacity = old->capacity;

    if (old->used + more <= capacity)
        return true;
    while (capacity < old->used + more)
        capacity *= 2;
    if (capacity > old->size)
        capacity = old->size;
    struct rpc_message *grown = realloc(old, sizeof(*grown) + capacity);
    if (grown == NULL)
        return false;
    grown->capacity = (uint32_t)capacity;
    *message = grown;
    return true;
}

bool rpc_message_fill(struct rpc_message **message, struct str *bytes)
{
    const size_t missing = (*message)->size - (*message)->used;
    const size_t count = bytes->n < missing ? bytes->n : missing;

    if (count == 0)
        return true;
    if (!has_room(message, count))
        return false;
    memcpy((*message)->bytes + (*message)->used, bytes->p, count);
    (*message)->used += (uint32_t)count;
    bytes->p += count;
    bytes->n -= count;
    return true;
}

status_code rpc_message_fail_too_large(size_t size, size_t max_bytes, struct status *st)
{
    return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                "the message has %zu bytes, the limit is %zu", size, max_bytes);
}

static void write_prefix(struct rpc_message *message, bool is_compressed, size_t length)
{
    const uint32_t number = htonl((uint32_t)length);

    message->bytes[0] = is_compressed ? 1 : 0;
    memcpy(message->bytes + 1, &number, sizeof(number));
    message->size = message->capacity = (uint32_t)(RPC_PREFIX_BYTES + length);
    message->used = 0;
    message->is_compressed = is_compressed;
}

/* In place, where it is smaller. */
static void compress(struct rpc_message *message, size_t length)
{
    char *packed = malloc(length);
    size_t packed_length;

    if (packed == NULL || !rpc_deflate((struct str){message->bytes + RPC_PREFIX_BYTES, length},
                                       packed, &packed_length)) {
        free(packed);
        return;
    }
    memcpy(message->bytes + RPC_PREFIX_BYTES, packed, packed_length);
    write_prefix(message, true, packed_length);
    free(packed);
}

status_code rpc_message_encode(const void *from, size_t max_bytes, bool compresses,
                               struct rpc_message **ret_message, struct status *st)
{
    const size_t length = protobuf_c_message_get_packed_size(from);

    if (length > max_bytes)
        return rpc_message_fail_too_large(length, max_bytes, st);
    struct rpc_message *message = malloc(sizeof(*message) + RPC_PREFIX_BYTES + length);
    if (message == NULL)
        return FAIL_MEMORY(st);
    (void)protobuf_c_message_pack(from, (uint8_t *)message->bytes + RPC_PREFIX_BYTES);
    write_prefix(message, false, length);
    if (compresses && length > 0)
        compress(message, length);
    *ret_message = message;
    return STATUS_OK;
}

status_code rpc_message_decode(const struct rpc_message *message, rpc_encoding encoding,
                               const ProtobufCMessageDescriptor *type, size_t max_bytes,
                               struct arena *arena, void **ret_message, struct status *st)
{
    _cleanup_(buf_deinit) struct buf inflated;
    const struct str bytes = {message->bytes, message->size};

    buf_init(&inflated, max_bytes);
    if (!message->is_compressed)
        return rpc_unpack(bytes, type, STATUS_INVALID_ARGUMENT, arena, ret_message, st);
    if (encoding == RPC_ENCODING_IDENTITY)
        return FAIL(st, STATUS_INTERNAL, NULL,
                    "a message is compressed, and the call names no encoding");
    TRY(rpc_inflate(bytes, encoding, STATUS_INVALID_ARGUMENT, &inflated, st));
    return rpc_unpack(buf_str(&inflated), type, STATUS_INVALID_ARGUMENT, arena, ret_message, st);
}
