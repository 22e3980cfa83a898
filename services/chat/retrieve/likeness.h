#pragma once

/*
 * How alike two terms are, for a term that the document does not have as it was asked for: read
 * wrongly, inflected, or a part of a compound. Private to retrieve/. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

enum { LIKENESS_CHARACTERS_MAX = 40 }; /* of a term that are looked at */

/* A term made ready. */
struct likeness_key {
    uint32_t characters[LIKENESS_CHARACTERS_MAX]; /* confusable ones made alike */
    size_t count;
    bool has_digit;
};

void likeness_key_init(struct likeness_key *key, struct str term);

/* What tells quickly that two terms are not alike. */
struct likeness_sketch {
    uint64_t trigrams; /* a bit for each, the term's ends marked */
    uint32_t start;    /* a number for the first characters, and for the last ones */
    uint32_t end;
    uint32_t count; /* of characters */
};

struct likeness_sketch likeness_sketch_of(const struct likeness_key *key);

/* False only for two that are not alike. */
static inline bool likeness_is_possible(const struct likeness_sketch *a,
                                        const struct likeness_sketch *b)
{
    enum { EDITS_MAX = 2 };
    uint32_t apart = a->count > b->count ? a->count - b->count : b->count - a->count;

    if (apart > EDITS_MAX && a->start != b->start && a->end != b->end)
        return false;
    int shared = __builtin_popcountll(a->trigrams & b->trigrams);
    int fewer = __builtin_popcountll(a->count < b->count ? a->trigrams : b->trigrams);
    return shared * 5 >= fewer * 2 && shared > 0;
}

/* 0: not alike; up to 1. @wanted: of the question. @found: of the document. */
float likeness(const struct likeness_key *wanted, const struct likeness_key *found);
