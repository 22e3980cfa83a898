#pragma once

/*
 * Text that goes round in circles, which is how vision models fail: once they repeat themselves,
 * they do so until their last token. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

enum {
    /* How far back a text is looked at: several rounds of a long paragraph. */
    REPETITION_WINDOW_BYTES = 8192,
    /* Rounds of something with letters or digits, and the bytes that they have together at least. A
     * table may well have ten equal rows, and a song its refrain. */
    REPETITION_ROUNDS_MIN = 12,
    REPETITION_BYTES_MIN = 600,
    /* Of leaders, rules and empty cells a page has more. */
    REPETITION_MARKS_BYTES_MIN = 3000,
};

/* Whether the text ends in such a circle. Cost is linear in the window. */
bool repetition_is_at_end(struct str text);
