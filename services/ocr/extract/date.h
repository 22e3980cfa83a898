#pragma once

/*
 * Dates as documents print them: "2026-03-31", "31.03.2026", "March 31st, 2026", "31 mars 26",
 * "2026年3月31日". Plain values. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/ocr/extract/rows.h"

enum { DATE_TEXT_SIZE = 11 }; /* "2026-03-31" */

/* Which comes first where both could be meant ("04/03/2026"). */
typedef enum {
    DATE_DAY_FIRST,
    DATE_MONTH_FIRST,
} date_order;

struct date {
    int year;
    int month;
    int day;
    bool is_ambiguous; /* day and month could be exchanged: the order said which is which */
    size_t first;      /* word of the row */
    size_t last;
};

/* The date that begins with a token of the row. */
bool date_read(const struct row *row, size_t token, date_order order, struct date *ret_date);

/* ISO 8601. */
void date_format(const struct date *date, char ret_text[static DATE_TEXT_SIZE]);
