#pragma once

/*
 * Which lines of a page follow each other with nothing else between or beside them: a *run*.
 *
 * Readers that do not trust the order of a content stream (poppler's pdftotext, and Evince, Okular
 * and Zotero with it) gather words into blocks by the distances between them, measured in sizes of
 * letters, and put the blocks in order by where they stand. A line beside a gap, a heading above
 * one, or the cells of a table's row are then blocks of their own, and come in an order of their
 * own. So the lines of a run get letters of one size, and its gaps are filled with white space; a
 * run is then one block. Neighbouring runs differ in size, by which readers tell them apart.
 *
 * Only computes; any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

enum {
    PDF_RUNS_LINES_MAX = 1000,   /* of a page; the lines of a longer one are runs of their own */
    PDF_RUNS_LOOKAHEAD_MAX = 64, /* lines that are tried after those known to be of the run */
    PDF_RUNS_FILLS_MAX = 20,     /* between two lines; farther apart they are not of one run */
};

/* A line as it stands on the page, in pixels. */
struct pdf_run_line {
    double x0, y0, x1, y1; /* around its words */
    double baseline;       /* y of its middle; pdf_runs_find() makes it that of its row */
    double thickness;
    bool is_level; /* reads from left to right or right to left; others are runs of their own */
    double size;   /* of its letters, in pixels; of level lines pdf_runs_find() sets it */
};

/* White space that goes ahead of a line. */
struct pdf_run_fill {
    size_t line;
    double x0, x1, baseline;
};

/*
 * Finds the runs of a page's lines, which are in reading order.
 *
 * @lines: `count` of them; the sizes of level ones are set.
 * @fills: a struct pdf_run_fill each, in the order of lines; what was there goes.
 *
 * False without memory.
 */
bool pdf_runs_find(struct pdf_run_line *lines, size_t count, struct buf *fills) _must_check_;
