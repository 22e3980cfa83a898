#pragma once

/*
 * Amounts of money and other numbers as documents print them: "$1,234.50", "1.234,50 EUR",
 * "1 234,50 €", "(12.00)", "12,-". Plain values. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/ocr/extract/rows.h"

enum {
    AMOUNT_UNIT = 10000, /* values are whole numbers of 1/10000 */
    AMOUNT_DECIMALS_MAX = 4,
    AMOUNT_CURRENCY_SIZE = 4, /* ISO 4217 and a NUL */
    AMOUNT_TEXT_SIZE = 32,
};

struct amount {
    int64_t value;
    int decimals;                        /* as printed */
    char currency[AMOUNT_CURRENCY_SIZE]; /* "" when nothing says it */
    size_t first;                        /* word of the row */
    size_t last;
};

/*
 * The amount that begins with a word of the row, at byte `offset` of its text.
 *
 * Not one: a percentage, a date or time, and a number that letters belong to ("3pcs", "A12").
 */
bool amount_read(const struct row *row, size_t word, size_t offset, struct amount *ret_amount);

/* The last amount of words `first` to `last`. */
bool amount_find_last(const struct row *row, size_t first, size_t last, struct amount *ret_amount);

/* Whether amounts are printed with two decimals in this document: whole numbers without a currency
 * are then no money. */
bool amount_has_cents(const struct rows *rows);

/* "1234.50", with as many decimals as asked for, or as the value needs. */
void amount_format(int64_t value, int decimals, char ret_text[static AMOUNT_TEXT_SIZE]);

/* a * b in the same unit, rounded; false on overflow. */
bool amount_multiply(int64_t a, int64_t b, int64_t *ret_product);
