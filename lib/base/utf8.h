#pragma once

/*
 * UTF-8 from outside: what is well-formed, and U+FFFD for what is not.
 *
 * Clients send any bytes, and protobuf-c hands string fields over without looking at them, but
 * JSON, logs and every text format promise valid UTF-8. Well-formed is what Unicode 15, table 3-7
 * says: no overlong forms, no surrogates, nothing above U+10FFFF. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xFFFD };

/* U+FFFD itself, for writing. */
#define UTF8_REPLACEMENT_TEXT "\xEF\xBF\xBD"

/* Bytes of the well-formed character at the start of `text`; 0 when there is none or `length` is
 * 0. */
size_t utf8_sequence(const char *text, size_t length);

/*
 * Decodes the character at the start of `text`.
 *
 * @length: bytes of `text`, at least 1.
 * @ret_character: the code point; UTF8_REPLACEMENT where the bytes are not one.
 *
 * Returns the bytes used, at least 1. Of an ill-formed sequence it uses the maximal part, as
 * Unicode 15 §3.9 ("U+FFFD Substitution of Maximal Subparts") recommends; whether the bytes were
 * ill-formed is told by *ret_is_valid.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *ret_character, bool *ret_is_valid);

/* --- of valid UTF-8 --- */

/* Characters (code points). */
size_t utf8_length(const char *text);
/* The first and the last character; 0 for the empty text. */
uint32_t utf8_first(const char *text);
uint32_t utf8_last(const char *text);
/* Bytes of the text, at most `max` of them: where it has more, it is cut between characters. */
size_t utf8_cut(const char *text, size_t max);
