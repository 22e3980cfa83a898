#pragma once

/*
 * What is known of languages: how words are stemmed and folded, and which words say little.
 *
 * The table is static and written by hand: thirty or so languages. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

typedef enum {
    GROUPS_BY_SPACE = 1, /* 1 234 567,89 */
    ELIDES = 2,          /* l'adresse, dell'anno: two words */
    DOTLESS_I = 4,       /* I is the capital of dotless i */
    KEEPS_MARKS = 8,     /* tones: every mark tells letters apart */
    CUTS_PARTICLES = 16, /* Korean: particles are written with the word */
    /* What tells who does what to whom, and stems do not have. */
    ENDINGS_TELL_ROLES = 32,
    PARTICLES_TELL_ROLES = 64, /* a word of their own behind the noun */
} text_language_traits;

struct text_language {
    const char *code;            /* ISO 639-1 */
    const char *codes3;          /* ISO 639-3 and 639-2/B, by spaces */
    const char *script;          /* ISO 15924; "" where there are several */
    const char *stemmer;         /* of libstemmer; NULL: none */
    unsigned traits;             /* text_language_traits */
    const char *own_letters;     /* letters with marks that are letters of their own, lower case */
    const char *telling_letters; /* letters, lower case, that few other languages have */
    const char *function_words;  /* by spaces */
};

size_t text_language_count(void);
const struct text_language *text_language_at(size_t index);

/* @tag: BCP 47, ISO 639-1, -2/B or -3, any case. NULL when not known. */
const struct text_language *text_language_find(struct str tag);
