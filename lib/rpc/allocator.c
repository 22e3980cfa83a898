#include "lib/rpc/allocator.h"

static void *allocate(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void release(void *arena, void *pointer)
{
    /* The arena forgets everything at once. */
}

ProtobufCAllocator rpc_arena_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){allocate, release, arena};
}
