#pragma once

/*
 * Values in a text, by their form: dates, amounts, numbers, names, addresses of the net. Thread
 * rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

typedef enum {
    VALUE_NUMBER,
    VALUE_PERCENT,
    VALUE_AMOUNT, /* of money: with a currency, or two decimals */
    VALUE_DATE,
    VALUE_YEAR, /* four digits that may be one; also in a date's place */
    VALUE_PHONE,
    VALUE_EMAIL,
    VALUE_WEB,
    VALUE_NAME, /* words with capitals, one after another */
} value_kind;

struct value {
    value_kind kind;
    uint32_t offset; /* bytes of the text */
    uint32_t length;
};

enum { VALUES_MAX = 64 }; /* of one text; what is more is left out */

/* In the order of the text. */
size_t values_find(struct str text, struct value ret_values[static VALUES_MAX]);

/* A bit a kind. */
unsigned values_kinds(const struct value *values, size_t count);
#define VALUE_BIT(kind) (1U << (kind))
