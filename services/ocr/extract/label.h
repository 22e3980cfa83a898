#pragma once

/*
 * The labels of lib/forms in the rows of a page. Plain values. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/forms/label_field.h"
#include "services/ocr/extract/rows.h"

struct label {
    const struct label_field *field;
    size_t first_token;
    size_t last_token;
};

/* The longest label that begins with a token of the row, columns aside. */
bool label_read(const struct row *row, size_t token, struct label *ret_label);

/* The same for the heads of columns alone. */
bool label_read_column(const struct row *row, size_t token, struct label *ret_label);
