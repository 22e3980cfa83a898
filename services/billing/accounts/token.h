#pragma once

/*
 * Secrets of 256 random bits that are told once and of which only a hash is kept: API tokens, what
 * a person who has signed in holds, and codes that reset a password.
 *
 * Each is a prefix that says what it is ("om_", "os_", "or_") and 43 characters of base64url, so
 * that it can stand in a header or a URL as it is, and is recognised as ours by tools that look for
 * leaked secrets. Any thread.
 */

#include "lib/base/str.h"

enum {
    TOKEN_SIZE = 47,      /* 3 + 43 characters and a NUL */
    TOKEN_HINT_SIZE = 9,  /* the first characters, for recognition by a person, and a NUL */
    TOKEN_HASH_SIZE = 32, /* SHA-256 */
};

typedef enum {
    TOKEN_API,
    TOKEN_SESSION,
    TOKEN_RESET,
} token_kind;

void token_make(token_kind kind, char ret_token[static TOKEN_SIZE]);

void token_hash(struct str token, unsigned char ret_hash[static TOKEN_HASH_SIZE]);
