#pragma once

/*
 * The page tree (ISO 32000-1 §7.7.3): pages in groups, so that a reader finds any page in a few
 * steps and the last one is written as easily as the first. One thread at a time.
 */

#include "services/export/pdf/writer.h"

enum { PDF_PAGES_GROUP = 64 };

/* In the caller's memory; the members are the module's own. */
struct pdf_pages {
    uint32_t root;
    uint32_t group; /* number of the one under way; 0: none */
    uint32_t group_pages[PDF_PAGES_GROUP];
    uint32_t group_count;
    uint32_t page_count;
    struct pdf_body groups; /* references to those that are written */
};

void pdf_pages_init(struct pdf_pages *pages, struct pdf_writer *writer);
/* Pages that are all zero are accepted. */
void pdf_pages_deinit(struct pdf_pages *pages);

/* Takes a page into the tree. *ret_parent: to be named as its Parent. */
void pdf_pages_add(struct pdf_pages *pages, struct pdf_writer *writer, uint32_t page,
                   uint32_t *ret_parent);
/* Writes what is left; returns the root's number. A tree without pages gets an empty one, for
 * readers refuse a file without. */
uint32_t pdf_pages_write(struct pdf_pages *pages, struct pdf_writer *writer);
