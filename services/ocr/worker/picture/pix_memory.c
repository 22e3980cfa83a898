#include "services/ocr/worker/picture/pix_memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <allheaders.h>

enum {
    KEPT_MAX = 8,
    LARGE_BYTES = 256 << 10, /* less is not worth it */
    WASTE = 4,               /* at most one part of so many is more than was asked for */
};

/* The longest kept are the first. */
static struct {
    void *blocks[KEPT_MAX];
    size_t count;
    size_t bytes;
} kept;

/* What leaves is the caller's. */
static void *take(size_t i)
{
    void *block = kept.blocks[i];

    kept.bytes -= malloc_usable_size(block);
    kept.count--;
    memmove(&kept.blocks[i], &kept.blocks[i + 1], (kept.count - i) * sizeof(kept.blocks[0]));
    return block;
}

static void *get(size_t size)
{
    size_t best = SIZE_MAX, best_size = size + size / WASTE;

    for (size_t i = 0; size >= LARGE_BYTES && i < kept.count; i++) {
        size_t has = malloc_usable_size(kept.blocks[i]);
        if (has >= size && has <= best_size) {
            best = i;
            best_size = has;
        }
    }
    if (best != SIZE_MAX)
        return take(best);
    void *block = malloc(size);
    if (block == NULL) {
        pix_memory_release();
        block = malloc(size);
    }
    return block;
}

static void put(void *block)
{
    size_t size = malloc_usable_size(block);

    if (size < LARGE_BYTES || size > PIX_MEMORY_KEPT_MAX_BYTES) {
        free(block);
        return;
    }
    while (kept.count == KEPT_MAX || kept.bytes + size > PIX_MEMORY_KEPT_MAX_BYTES)
        free(take(0));
    kept.blocks[kept.count++] = block;
    kept.bytes += size;
}

void pix_memory_use(void)
{
    setPixMemoryManager(get, put);
}

void pix_memory_release(void)
{
    while (kept.count > 0)
        free(take(0));
}

size_t pix_memory_kept_bytes(void)
{
    return kept.bytes;
}
