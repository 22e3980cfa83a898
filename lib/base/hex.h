#pragma once

/*
 * Hexadecimal digits, whatever the locale. Thread rule: any thread.
 */

#include <stddef.h>

/* The value of a digit in either case; -1 for anything else. */
static inline int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* @ret_text: 2 * count + 1 characters: two lower-case digits a byte, and a NUL. */
void hex_write(const void *bytes, size_t count, char *ret_text);
