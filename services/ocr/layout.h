#pragma once

/*
 * Reading order, paragraphs, headings and lists, from the places of lines.
 *
 * Works on lines whose words have boxes; touches no pixels. Thread rule: one thread at a time.
 */

#include "services/ocr/document.h"

/*
 * Puts lines in the order in which a person reads them: columns from left to right (from right to
 * left where most text runs so), each from top to bottom; what spans the columns parts them.
 * Pieces that stand on one line of one column become one line.
 *
 * @lines: any order; rearranged. @count: in and out.
 * Method: gutters are found as in the recursive X-Y cut (Nagy and Seth, 1984), but only between
 * columns of running text, so that the rows of a table stay together.
 */
void layout_order_lines(struct page *page, struct line *lines, size_t *count);

/*
 * Splits each text block of a page into paragraphs, headings and list items, where they have not
 * been split yet: an engine may give one block for a whole column. Lines keep their order.
 *
 * False when the page's arena is full.
 */
bool layout_split_blocks(struct page *page) _must_check_;

/* The smallest box around the line's words. */
struct bbox layout_line_box(const struct line *line);
