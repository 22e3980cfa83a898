#pragma once

/*
 * The pieces of text by which two readings of a page are compared: words between white space; in
 * scripts without spaces, characters; a formula as a whole.
 *
 * A piece is compared by its key: its letters and digits without case and accents, in which two
 * engines differ for no reason. Thread rule: one thread an arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum {
    /* Of one reading: a page of a newspaper has about 10,000. Comparing costs time by the product
     * of both numbers: for twice as many as this 2 s. */
    UNITS_MAX = 16384,
    /* Longer keys are cut; what they have in common up to here decides. */
    UNIT_KEY_MAX = 64,
};

struct unit {
    const char *text; /* normalised (normalize.h), not empty */
    const uint32_t *key;
    uint16_t key_length;
    uint16_t letters; /* letters and digits of the text */
    uint64_t bag;     /* which characters the key has, hashed to bits */
    bool is_formula;  /* text is LaTeX, which is compared with nothing */
    bool no_space_after;
    bool ends_line; /* a line break follows that is meant */
};

struct units {
    struct unit *items;
    size_t count;
    size_t capacity;
    struct arena *arena;
    bool is_full; /* more than UNITS_MAX, or than memory, was added */
};

/* @arena: borrowed; holds the units and their texts. */
void units_init(struct units *units, struct arena *arena);

/* Appends the pieces of a text, which is UTF-8 or hostile. */
void units_add_text(struct units *units, struct str text);
/* Appends a formula, as it is to stand in running text. */
void units_add_formula(struct units *units, const char *text);

/* How alike two keys are: 100 for equal ones, 0 for such as have little in common. */
int unit_similarity(const struct unit *a, const struct unit *b);
