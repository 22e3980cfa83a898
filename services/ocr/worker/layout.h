#pragma once

/*
 * Reading order, paragraphs, headings and lists, from the places of lines.
 *
 * Works on lines whose words have boxes; touches no pixels. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

/*
 * Adds lines to a page in the order in which a person reads them, one block a stack of lines
 * (layout_stacks.h, layout_order.h): columns from left to right (from right to left where most
 * lines are read so), each from top to bottom; what spans the columns parts them. Pieces that stand
 * on one line of one column become one line. Where most lines stand, they are read from the right.
 *
 * @lines: with words, in any order; their boxes are set.
 *
 * False when the page's arena is full. Cost is quadratic in lines.
 */
bool layout_add_lines(struct page *page, struct line *lines, size_t count) _must_check_;

/*
 * Makes of each text block of a page its tables, paragraphs, headings and list items, where they
 * have not been parted yet: an engine may give one block for a whole column. Lines keep their
 * order; those of a table are the lines of its cells, those of a figure (figures.h) its labels.
 *
 * @image: the page, where tables have ruling lines; NULL: not known.
 *
 * False when the page's arena is full.
 */
bool layout_split_blocks(struct page *page, const struct image *image) _must_check_;

/* The smallest box around the line's words. */
struct bbox layout_line_box(const struct line *line);
