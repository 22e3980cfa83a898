#pragma once

/*
 * Ownership helpers: the compiler's cleanup attribute, and the move that goes with it.
 *
 * An owned local is declared as
 *     _cleanup_(arena_freep) struct arena *arena = NULL;
 * and released on every way out of its scope. `TAKE(arena)` moves the ownership out and leaves
 * NULL behind. `DEFINE_CLEANUP(type, name)` makes `name_freep` out of `name_free`.
 */

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((__cleanup__(function)))
#define _must_check_        __attribute__((__warn_unused_result__))
#define _unused_            __attribute__((__unused__))
#define _printf_(format_index, first_index)                                                        \
    __attribute__((__format__(__printf__, format_index, first_index)))

#define TAKE(pointer)                                                                              \
    __extension__({                                                                                \
        __typeof__(pointer) *take_source_ = &(pointer);                                            \
        __typeof__(pointer) take_value_ = *take_source_;                                           \
        *take_source_ = NULL;                                                                      \
        take_value_;                                                                               \
    })

/* Defines the cleanup function of a type that has a `release(type)` accepting NULL. */
#define DEFINE_CLEANUP_NAMED(type, name, release)                                                  \
    static inline void name(type *pointer)                                                         \
    {                                                                                              \
        if (*pointer != NULL)                                                                      \
            release(*pointer);                                                                     \
        *pointer = NULL;                                                                           \
    }

#define DEFINE_CLEANUP(type, prefix) DEFINE_CLEANUP_NAMED(type, prefix##_freep, prefix##_free)

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* For memory from malloc() and strdup(). */
static inline void freep(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;

    free(*pointer);
    *pointer = NULL;
}

/* For a file descriptor; -1 is "none". */
static inline void closep(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
