#pragma once

/*
 * Memory with a limit, for mupdf. Thread rule: one thread at a time.
 */

#include <stddef.h>

#include <mupdf/fitz.h>

struct pdfdoc_memory {
    size_t used_bytes;
    size_t limit_bytes;
};

/* Functions that count in *memory, which must outlive them, and refuse to go over its limit. */
fz_alloc_context pdfdoc_memory_functions(struct pdfdoc_memory *memory);
