#pragma once

/*
 * Text from outside: whether it is clean, and digits and letters of ASCII whatever the locale.
 *
 * Thread rule: any thread.
 */

#include "lib/base/str.h"

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* Copies with ASCII letters in lower case, cut to `size` bytes with the NUL. */
void text_lower(char *ret_text, size_t size, const char *text);

/* True when all of `text` is UTF-8 and has no control character but tab and line ends. */
bool text_is_clean(struct str text);
