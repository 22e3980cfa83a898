#pragma once

/*
 * The labels that forms print beside their values, in the commonest languages of invoices. Plain
 * values. Thread rule: any thread; the tables are static.
 */

#include <stddef.h>

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

/* Of values beside or beneath. */
const struct label_field *label_fields(size_t *ret_count);
/* Of the heads of columns. */
const struct label_field *label_columns(size_t *ret_count);
