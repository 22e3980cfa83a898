#pragma once

/*
 * Terms by number, while an index is built. Private to retrieve/. One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

struct term_table {
    struct arena *arena; /* of the terms' bytes */
    struct str *terms;
    uint32_t *hashes; /* of each term */
    uint32_t count, capacity;
    uint32_t *places; /* open addressing: number plus 1, 0: free; a power of two of them */
    uint32_t place_count;
    uint64_t seed;
};

void term_table_init(struct term_table *table, struct arena *arena);
void term_table_deinit(struct term_table *table);
/* The term's number; a new one when it was not met. False when out of memory. */
bool term_table_number(struct term_table *table, struct str term,
                       uint32_t *ret_number) _must_check_;
