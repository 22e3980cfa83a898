#pragma once

/*
 * Fields of RFC 4180: quoted where they must be, and made harmless where that is asked for.
 *
 * Only computes; any thread, one sink each.
 */

#include "services/export/sink.h"

enum {
    /* Quoted whatever is in it: an empty one is seen then. */
    CSV_FIELD_QUOTED = 1 << 0,
    /* Text that a spreadsheet would run starts with an apostrophe. That is text whose first
     * character but spaces is one of = + - @, their full-width forms, a tab or a line end (OWASP,
     * "CSV Injection"), unless it is a number: -1,200.50 and +3 % stay what they are. */
    CSV_FIELD_NEUTRAL = 1 << 1,
};

/* Writes one field without the commas around it.
 * @text: clean (page/plain_text.h). @flags: CSV_FIELD_... */
void csv_field_write(struct sink *sink, const char *text, unsigned flags);
