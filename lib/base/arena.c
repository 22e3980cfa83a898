#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

enum {
    ARENA_ALIGN = alignof(max_align_t),
    ARENA_FIRST_CHUNK_BYTES = 4096,  /* most requests need no second one */
    ARENA_CHUNK_MAX_BYTES = 1 << 18, /* chunks double up to this size */
};

struct chunk {
    struct chunk *previous;
    size_t size; /* of `data` */
    alignas(max_align_t) char data[];
};

struct arena {
    struct chunk *chunk; /* the newest; allocations come from it */
    size_t used;         /* bytes of the newest chunk that are given out */
    size_t total;        /* bytes of all chunks, headers included */
    size_t limit;
};

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (arena != NULL)
        arena->limit = limit_bytes;
    return arena;
}

static void chunk_free(struct chunk *chunk)
{
    ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
    free(chunk);
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->chunk != NULL) {
        struct chunk *previous = arena->chunk->previous;
        chunk_free(arena->chunk);
        arena->chunk = previous;
    }
    free(arena);
}

void arena_reset(struct arena *arena)
{
    if (arena->chunk == NULL)
        return;
    while (arena->chunk->previous != NULL) {
        struct chunk *previous = arena->chunk->previous;
        chunk_free(arena->chunk);
        arena->chunk = previous;
    }
    arena->used = 0;
    arena->total = sizeof(struct chunk) + arena->chunk->size;
    ASAN_POISON_MEMORY_REGION(arena->chunk->data, arena->chunk->size);
}

static bool add_chunk(struct arena *arena, size_t need)
{
    size_t room = arena->limit - arena->total;
    size_t size = ARENA_FIRST_CHUNK_BYTES - sizeof(struct chunk);

    if (arena->chunk != NULL)
        size = arena->chunk->size < ARENA_CHUNK_MAX_BYTES / 2 ? arena->chunk->size * 2
                                                              : ARENA_CHUNK_MAX_BYTES;
    if (size < need)
        size = need;
    if (room < sizeof(struct chunk) || room - sizeof(struct chunk) < need)
        return false;
    if (size > room - sizeof(struct chunk))
        size = room - sizeof(struct chunk);

    struct chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL)
        return false;
    chunk->size = size;
    chunk->previous = arena->chunk;
    arena->chunk = chunk;
    arena->used = 0;
    arena->total += sizeof(*chunk) + size;
    ASAN_POISON_MEMORY_REGION(chunk->data, chunk->size);
    return true;
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    size_t need;

    if (__builtin_add_overflow(size_bytes == 0 ? 1 : size_bytes, ARENA_ALIGN - 1, &need))
        return NULL;
    need &= ~(size_t)(ARENA_ALIGN - 1);
    if (arena->chunk == NULL || arena->chunk->size - arena->used < need)
        if (!add_chunk(arena, need))
            return NULL;
    void *memory = arena->chunk->data + arena->used;
    arena->used += need;
    ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes);
    return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, size_bytes, &total))
        return NULL;
    void *memory = arena_alloc(arena, total);
    if (memory != NULL)
        memset(memory, 0, total);
    return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    size_t size;

    if (__builtin_add_overflow(length, 1, &size))
        return NULL;
    char *copy = arena_alloc(arena, size);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)length + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_size(const struct arena *arena)
{
    return arena->total;
}
