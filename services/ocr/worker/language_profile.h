#pragma once

/*
 * How well a text fits each language of a script, by its groups of three letters.
 *
 * language_profiles.txt has the 300 commonest groups of each language in order: the rank of a group
 * stands for its frequency (W. B. Cavnar, J. M. Trenkle, "N-Gram-Based Text Categorization", 1994),
 * and frequencies are multiplied (naive Bayes). Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

struct language_fit {
    const char *code; /* BCP 47 as in language.h; static */
    float fit;        /* mean logarithm of the frequency of a group; -10 for no text at all, running
                         text in its own language -7.2 to -9 */
};

/*
 * Ranks the languages of a script by how well a text fits them.
 *
 * @text: valid UTF-8; only its first LANGUAGE_PROFILE_MAX_BYTES are looked at.
 * @script: ISO 15924, "Latn".
 * @is_folded: without accents and strokes, so that text is known which was read with the model of
 *     a language that has none.
 * @ret_fits: the best first; room for `max`.
 *
 * Returns how many there are: 0 for scripts with one language, and for less than
 * LANGUAGE_PROFILE_GROUPS_MIN groups of letters.
 */
size_t language_profile_rank(const char *text, const char *script, bool is_folded,
                             struct language_fit *ret_fits, size_t max);

/* How well a text fits one language, as above; -10 for one without a profile and for short texts.
 */
float language_profile_fit(const char *text, const char *script, bool is_folded, const char *code);

/*
 * How much more each language fits some text than one of which nothing is known: sums of logarithms
 * over its groups, at least 0, where fit is a mean. Of any length.
 *
 * @is_folded: as above. @ret_gains: room for LANGUAGE_PROFILES_MAX.
 *
 * Returns how many languages there are, of all scripts; language_profile_code() names them.
 */
size_t language_profile_gains(const char *text, bool is_folded, float *ret_gains);

/* Static. @index: below what language_profile_gains() returns. */
const char *language_profile_code(size_t index);
const char *language_profile_script(size_t index);

/* True when there are profiles of several languages in a script. */
bool language_profile_has_script(const char *script);

enum {
    LANGUAGE_PROFILE_MAX_BYTES = 16384,
    /* Some four words. */
    LANGUAGE_PROFILE_GROUPS_MIN = 20,
    LANGUAGE_PROFILES_MAX = 128,
};
