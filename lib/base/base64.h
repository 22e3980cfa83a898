#pragma once

/*
 * Base64 (RFC 4648), as it stands in header fields. What is secret is left to libsodium's
 * functions, whose time does not depend on the bytes. Thread rule: any thread.
 */

#include "lib/base/str.h"

typedef enum {
    BASE64_STANDARD, /* §4 */
    BASE64_URL,      /* §5 */
} base64_alphabet;

/* Appends the text of `bytes` in the standard alphabet, without padding; false as buf_append(). */
bool base64_append(struct str bytes, struct buf *out) _must_check_;

/* Bytes that as many characters stand for at most. */
static inline size_t base64_decoded_max(size_t length)
{
    return length / 4 * 3 + 2;
}

/* @text: with its padding or without. @bytes: room for @room of them.
 *
 * False for a character that is not of the alphabet, for a length that no bytes have, and where
 * there is no room; @bytes may have been written to. */
bool base64_decode(struct str text, base64_alphabet alphabet, void *bytes, size_t room,
                   size_t *ret_length) _must_check_;
