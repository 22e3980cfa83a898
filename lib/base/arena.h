#pragma once

/*
 * Memory that dies all at once, with a request.
 *
 * An arena is passed in, never global, and belongs to one thread at a time. It is bounded: when
 * its limit is reached, allocation returns NULL and the caller reports RESOURCE_EXHAUSTED.
 */

#include <stdarg.h>
#include <stddef.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"

struct arena;

/* @limit_bytes: the most that the arena will ever take from the heap. NULL when out of memory. */
struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *arena);
DEFINE_CLEANUP(struct arena *, arena)

/* Forgets all allocations; keeps the first chunk for the next request. */
void arena_reset(struct arena *arena);

/* Aligned for any type; not cleared. NULL at the limit or when out of memory. */
void *arena_alloc(struct arena *arena, size_t size_bytes) __attribute__((__malloc__));
/* As arena_alloc(), cleared; the product is checked for overflow. */
void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes);
/* Copies with a terminating NUL. NULL as above. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) _printf_(2, 3);

/* Bytes taken from the heap so far. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type)              ((type *)arena_calloc((arena), 1, sizeof(type)))
#define ARENA_NEW_ARRAY(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))
