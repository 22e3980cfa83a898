#pragma once

/*
 * Phrases of tables, found in texts: both are folded, so that case, accents, punctuation and runs
 * of white space do not matter.
 *
 * Folded: letters, marks and digits in lower case, Latin ones without accents ("ß" is "ss"), full
 * width as plain, "#" and "№" as "no"; between words one space, and one at each end of the text.
 * Scripts that are written without spaces stay as they stand.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

struct folded_text {
    struct str folded;
    const uint32_t *origins; /* of each byte of `folded`: byte of the text it comes from; one more
                              * for the end */
};

enum { FOLDED_TEXT_MAX_BYTES = 1 << 16 }; /* of the text; what is more is not looked at */

/* In the arena; false at its limit. */
bool folded_text_make(struct str text, struct arena *arena,
                      struct folded_text *ret_text) _must_check_;

/*
 * Where a phrase stands first, from byte `from` of the folded text on: whole words, save in scripts
 * without spaces. A phrase that ends in "*" leaves the ending of its last word open.
 *
 * @ret_begin, @ret_end: bytes of the folded text, without the spaces around.
 */
bool phrase_find(struct str folded, struct str phrase, size_t from, size_t *ret_begin,
                 size_t *ret_end);

/* Whether a phrase begins right at `at` (after a space, if there is one). */
bool phrase_begins(struct str folded, struct str phrase, size_t at, size_t *ret_end);

/* The longest of a list's phrases ("due date|due by") that is found; of equally long ones the
 * first. */
bool phrases_find(struct str folded, struct str list, size_t from, size_t *ret_begin,
                  size_t *ret_end);
bool phrases_begin(struct str folded, struct str list, size_t at, size_t *ret_end);

/* The stretch of the text that folded bytes come from. */
struct str folded_text_origin(const struct folded_text *text, struct str original, size_t begin,
                              size_t end);
