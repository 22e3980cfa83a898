#pragma once

/*
 * Text from outside, made fit to pass on: UTF-8 that is checked, file names without paths, digits
 * and letters of ASCII whatever the locale.
 *
 * Thread rule: any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum { TEXT_FILE_NAME_MAX = 255 }; /* bytes */

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* Copies with ASCII letters in lower case, cut to `size` bytes with the NUL. */
void text_lower(char *ret_text, size_t size, const char *text);

/* True when all of `text` is UTF-8 and has no control character but tab and line ends. */
bool text_is_clean(struct str text);

/* The last path component of `name` with invalid bytes as U+FFFD and control characters dropped,
 * cut at a whole character to TEXT_FILE_NAME_MAX; "" when nothing is left. NULL when out of
 * memory. Both "/" and "\" separate, for either may come from a client. */
const char *text_file_name(struct str name, struct arena *arena);
