#pragma once

/*
 * Texts and numbers as JSON has them (RFC 8259), for those who write JSON piece by piece. Thread
 * rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

enum {
    JSON_TEXT_ESCAPE_SIZE = 8,
    JSON_TEXT_REAL_SIZE = 320, /* DBL_MAX has 309 digits before the point */
};

/* A part of a text between quotation marks: what goes out as it is, and what stands for the bytes
 * behind it ("": nothing does). */
struct json_text_piece {
    struct str plain;
    char escape[JSON_TEXT_ESCAPE_SIZE];
};

/* Cuts the next piece off; false when *rest was used up. What must be escaped is (§7), and what is
 * no UTF-8 becomes U+FFFD, as utf8_decode() does it. */
bool json_text_next(struct str *rest, struct json_text_piece *ret_piece);

/* Rounded to 4 decimals, without trailing zeros but one; what is not finite is 0.0, for JSON cannot
 * say it, and so is what would be -0.0. Returns a view of `text`. */
struct str json_text_real(double value, char text[static JSON_TEXT_REAL_SIZE]);
