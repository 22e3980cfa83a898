#pragma once

/*
 * Texts of cells that are plainly numbers, whatever the country: those go into a spreadsheet as
 * numbers, all else as text. Only computes; any thread.
 *
 * A number has an optional minus, digits, groups of three apart by "," or "." (all alike), and
 * decimals behind the other sign. Text stays what could be anything else: "1,234" and "1.234" (one
 * country's thousands are another's decimals), more than nine digits in a row (numbers of articles
 * and telephones), leading zeros, spaces, per cent, currencies.
 */

#include <stdbool.h>

#include "lib/base/str.h"

enum {
    XLSX_NUMBER_SIZE = 24,
    XLSX_NUMBER_DIGITS_MAX = 15, /* that a spreadsheet keeps (IEEE 754 double) */
    XLSX_NUMBER_UNGROUPED_MAX = 9,
    XLSX_NUMBER_DECIMALS_MAX = 6,
};

struct xlsx_number {
    char text[XLSX_NUMBER_SIZE]; /* as xsd:double has it: "-1234.50" */
    unsigned decimals;
    bool is_grouped; /* its thousands were set apart */
};

bool xlsx_number_read(struct str text, struct xlsx_number *ret_number);
