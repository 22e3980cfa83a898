#pragma once

/*
 * Text as the document model keeps it. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

/*
 * Normal form C (Unicode Standard Annex 15) without control characters: each run of white space
 * and controls is one space, none at the ends. Invisible characters that change nothing but how
 * text is laid out (byte order marks, soft hyphens, directional overrides) are dropped. What is
 * not UTF-8 becomes U+FFFD. NULL when the arena is full.
 */
const char *normalize_text(struct str text, struct arena *arena);

/* The letter without its accents: "e" for "é"; the character itself when it has none. */
uint32_t normalize_base_letter(uint32_t character);

/* Letters and digits of valid UTF-8. */
size_t normalize_count_letters(const char *text);

/* Han characters of valid UTF-8, in whatever language. */
size_t normalize_count_han(const char *text);

/* Of all characters of valid UTF-8 but white space, those that are letters or marks on them, 0 to
 * 1; 0 without any. */
float normalize_letters_share(const char *text);

/* True for small letters of scripts that have capitals. */
bool normalize_is_small(uint32_t character);

/* True for characters of scripts that are written without spaces between words. */
bool normalize_is_unspaced(uint32_t character);
