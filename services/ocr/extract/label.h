#pragma once

/*
 * The labels that forms print beside their values, in the commonest languages of invoices. Plain
 * values. Thread rule: any thread; the table is static.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/ocr/extract/rows.h"

/* What a label announces. */
typedef enum {
    LABEL_IDENTIFIER, /* a number with or without letters */
    LABEL_DATE,
    LABEL_AMOUNT,
    LABEL_PARTY,  /* a name */
    LABEL_COLUMN, /* the head of a column of line items */
    LABEL_OTHER,  /* known, so that its value is taken for nothing else */
} label_kind;

/* A field, by which labels and values are brought together. */
struct label_field {
    const char *name; /* "invoice_number"; of a column "description", "quantity", ... */
    label_kind kind;
    int rank; /* of fields with one name, the higher is believed ("grand total", "total") */
    const char *const *phrases; /* folded tokens with single spaces; ends in NULL */
};

struct label {
    const struct label_field *field;
    size_t first_token;
    size_t last_token;
};

/* The longest label that begins with a token of the row, columns aside. */
bool label_read(const struct row *row, size_t token, struct label *ret_label);

/* The same for the heads of columns alone. */
bool label_read_column(const struct row *row, size_t token, struct label *ret_label);
