#pragma once

/*
 * A word as it is compared: case, width, marks and forms of letters aside. Private to text/.
 * Thread rule: any thread; a struct word_fold one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <unicode/unorm2.h>

#include "services/chat/text/text_language.h"

enum {
    /* UTF-16 units of a word that are looked at; what follows is left out of its form. */
    WORD_FOLD_UNITS_MAX = 64,
    /* One unit becomes up to eighteen by NFKC (U+FDFA); that is cut too. */
    WORD_FOLD_BYTES_MAX = 256,
};

struct word_fold {
    const UNormalizer2 *casefold; /* NFKC_Casefold, Unicode 15 §3.13 R5 and UAX #44 */
    const UNormalizer2 *decompose;
};

/* False when ICU has no data. */
bool word_fold_init(struct word_fold *fold) _must_check_;

/*
 * Case, width, native digits, and what a script writes or leaves out at will: Arabic vowel signs,
 * tatweel and forms of alef, Hebrew points. Marks of Latin letters stay, for stemmers read them.
 *
 * @language: NULL when not known. Returns the bytes written, 0 for what folds to nothing.
 */
size_t word_fold_case(const struct word_fold *fold, const UChar *text, size_t length,
                      const struct text_language *language, char out[static WORD_FOLD_BYTES_MAX]);

/* In place: drops the marks of Latin and Greek letters that are no letters of their own in the
 * language. Returns the length that is left. */
size_t word_fold_marks(const struct word_fold *fold, char *text, size_t length,
                       const struct text_language *language);
