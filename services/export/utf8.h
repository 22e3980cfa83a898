#pragma once

/*
 * UTF-8 from outside, made safe to write out: what does not decode becomes U+FFFD.
 *
 * protobuf-c hands string fields over without looking at them, and every text format promises
 * valid UTF-8. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xFFFD };

/* U+FFFD itself, for writing. */
#define UTF8_REPLACEMENT_TEXT "\xEF\xBF\xBD"

/*
 * Decodes the character at the start of `text`.
 *
 * @length: bytes of `text`, at least 1.
 * @ret_character: the code point; UTF8_REPLACEMENT where the bytes are not one (overlong forms,
 *     surrogates and values above U+10FFFF included).
 *
 * Returns the bytes used, at least 1. Of an ill-formed sequence it uses the maximal part, as
 * Unicode 15 §3.9 ("U+FFFD Substitution of Maximal Subparts") recommends; whether the bytes were
 * ill-formed is told by *ret_is_valid.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *ret_character, bool *ret_is_valid);
