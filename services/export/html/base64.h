#pragma once

/*
 * Base64 (RFC 4648 §4) of bytes that come in chunks of any length. One stream at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

enum {
    BASE64_STEP_BYTES = 3 * 1024,                     /* that one call encodes at most */
    BASE64_TEXT_SIZE = BASE64_STEP_BYTES / 3 * 4 + 1, /* of the text, with its NUL */
};

/* In the caller's memory, zero at first; the members are the module's own. */
struct base64 {
    uint8_t held[3]; /* bytes that wait for a third one */
    size_t held_count;
};

/* Takes bytes off *chunk and gives their text; false when the chunk is used up, and what is left of
 * it waits for the next. */
bool base64_next(struct base64 *encoder, struct str *chunk, char ret_text[static BASE64_TEXT_SIZE]);
/* What has waited, padded; empty when nothing has. */
void base64_end(struct base64 *encoder, char ret_text[static BASE64_TEXT_SIZE]);
