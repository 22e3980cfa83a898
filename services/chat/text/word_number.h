#pragma once

/*
 * Numbers and dates in one way of writing them. Private to text/. Thread rule: any thread.
 */

#include <stddef.h>

#include "lib/base/str.h"

enum { WORD_NUMBER_BYTES_MAX = 256 };

/*
 * @form: a word that holds a digit, folded, without spaces; at most WORD_NUMBER_BYTES_MAX bytes.
 *
 * Amounts lose what groups their digits and zeros after the decimal sign, which becomes a point:
 * "1.234,50" and "1,234.50" are "1234.5"; three digits after a lone sign are a group. Dates of
 * three numbers are "2026-03-31" where the order can be told: the year first, points, or a number
 * above
 * 12. What is neither stays as it is. Returns the bytes written.
 */
size_t word_number(struct str form, char out[static WORD_NUMBER_BYTES_MAX]);
