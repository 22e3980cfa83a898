#pragma once

/*
 * What is usual on a page: how high its text is, how bold, how long its lines. What differs from it
 * is a heading, a note or a running header. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

struct page_measure {
    int32_t text_height; /* median of lines' boxes, in pixels; at least 1 */
    float size;          /* of the font of most words, in pixels; 0: unknown */
    size_t long_lines;   /* at least PAGE_LONG_LINE times as long as high */
    struct bbox text;    /* around all words */
};

enum { PAGE_LONG_LINE = 16 };

/*
 * Measures the lines, tables aside. Their boxes are set.
 *
 * False when the page's arena is full.
 */
bool page_measure_lines(const struct page *page, struct page_measure *ret_measure) _must_check_;

/*
 * Marks lines as bold whose strokes are thicker, for the size of their letters, than those of most
 * words. Lines that are marked already stay so.
 *
 * @image: the page.
 *
 * False when the page's arena is full. Method: mean length of horizontal runs of ink, very long
 * ones aside. Cost: the pixels of the lines.
 */
bool page_measure_mark_bold(struct page *page, const struct image *image) _must_check_;
