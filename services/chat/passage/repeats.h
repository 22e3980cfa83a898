#pragma once

/*
 * Running headers and footers that stood on an earlier page already, page numbers aside. Private to
 * passage/. One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

enum {
    REPEATS_MAX = 1 << 12,         /* beyond, new ones are not remembered */
    REPEATS_TEXT_MAX_BYTES = 1024, /* longer ones are no running headers */
};

struct repeats {
    uint64_t hashes[2 * REPEATS_MAX]; /* open addressing; 0: free */
    size_t count;
};

/* Whether the text was there before; remembers it. */
bool repeats_have(struct repeats *repeats, struct str text);
