#pragma once

/*
 * What language and script a text is in, by its letters and their groups (language_profile.h).
 *
 * Thread rule: any thread.
 */

#include <stddef.h>

struct language_guess {
    const char *code;   /* BCP 47 as in language.h, static; NULL: too little to tell */
    const char *script; /* ISO 15924 of most letters, static; "" without letters */
};

/* @text: valid UTF-8; only its first LANGUAGE_GUESS_MAX_BYTES are looked at. */
void language_guess_text(const char *text, struct language_guess *ret_guess);

enum { LANGUAGE_GUESS_MAX_BYTES = 16384 };

/* The language to read a script with when nothing else is known; NULL: none is known. Static. */
const char *language_guess_of_script(const char *script);
