#include "services/ocr/worker/pdfdoc_memory.h"

#include <stdint.h>
#include <stdlib.h>

/* Stands before each allocation, as large as the strictest alignment. */
union header {
    size_t size_bytes;
    max_align_t alignment;
};

static void *resize(void *user, void *old, size_t size_bytes)
{
    struct pdfdoc_memory *memory = user;
    union header *header = old == NULL ? NULL : (union header *)old - 1;
    size_t old_bytes = header == NULL ? 0 : header->size_bytes;
    size_t room_bytes = memory->limit_bytes - (memory->used_bytes - old_bytes);

    if (size_bytes > room_bytes || size_bytes > SIZE_MAX - sizeof(union header))
        return NULL;
    header = realloc(header, sizeof(union header) + size_bytes);
    if (header == NULL)
        return NULL;
    header->size_bytes = size_bytes;
    memory->used_bytes += size_bytes - old_bytes;
    return header + 1;
}

static void *allocate(void *user, size_t size_bytes)
{
    return resize(user, NULL, size_bytes);
}

static void release(void *user, void *pointer)
{
    struct pdfdoc_memory *memory = user;

    if (pointer == NULL)
        return;
    union header *header = (union header *)pointer - 1;
    memory->used_bytes -= header->size_bytes;
    free(header);
}

fz_alloc_context pdfdoc_memory_functions(struct pdfdoc_memory *memory)
{
    return (fz_alloc_context){
        .user = memory, .malloc = allocate, .realloc = resize, .free = release};
}
