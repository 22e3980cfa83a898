#pragma once

/*
 * The lines of a page as rows, for formats that give lines where there are no tables: of a block of
 * which only the text is known, the block. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "ocrmesh/document/v1/document.pb-c.h"

struct page_line {
    uint64_t page_number;                           /* from 1 */
    const Ocrmesh__Document__V1__BoundingBox *bbox; /* NULL: not known */
    double confidence;                              /* 0 to 1, whatever the document says */
    const char *text;                               /* not empty; lives during the call */
};

typedef void (*page_line_function)(void *arg, const struct page_line *line);

/* Calls `take` for each line with text, in order. False when out of memory. */
bool page_lines_each(const Ocrmesh__Document__V1__Page *page, page_line_function take,
                     void *arg) _must_check_;
