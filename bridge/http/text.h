#pragma once

/*
 * Text from outside: whether it is clean, and hexadecimal digits.
 *
 * Thread rule: any thread.
 */

#include "lib/base/str.h"

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* True when all of `text` is UTF-8 and has no control character but tab and line ends. */
bool text_is_clean(struct str text);
