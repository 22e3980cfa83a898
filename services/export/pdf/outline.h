#pragma once

/*
 * Bookmarks: the document's headings, nested by their levels.
 *
 * They are kept until the end, for each one tells its neighbours; so there is a limit, and what is
 * beyond it has no bookmark. One thread at a time.
 */

#include "services/export/pdf/writer.h"

enum {
    PDF_OUTLINE_ITEMS_MAX = 5000,
    PDF_OUTLINE_TITLE_MAX_BYTES = 200, /* cut at a whole character */
};

/* In the caller's memory; the members are the module's own. */
struct pdf_outline {
    struct buf items;
};

void pdf_outline_init(struct pdf_outline *outline);
/* An outline that is all zero is accepted. */
void pdf_outline_deinit(struct pdf_outline *outline);

/* @level: 1 is the highest. @page: number of its object. @x, @y: where the heading's upper left
 * corner lies, in points. Titles without a letter are left out. False without memory. */
bool pdf_outline_add(struct pdf_outline *outline, uint32_t level, const char *title, uint32_t page,
                     double x, double y) _must_check_;

/* The number of the outline's object; 0 when there are no bookmarks. */
uint32_t pdf_outline_write(struct pdf_outline *outline, struct pdf_writer *writer);
