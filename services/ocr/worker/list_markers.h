#pragma once

/*
 * What begins the items of lists: bullets, numbers, letters. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"

/* A line that begins an item. */
struct list_item {
    const struct line *line;
    const char *marker; /* its first word; "•" for a bullet that was read as another character */
};

/*
 * Finds the lines of the page that begin items of lists, in the order of its blocks.
 *
 * A bullet is one by itself. A number or letter ("3.", "(c)", "iv)") is one where a line nearby
 * begins with the next or the one before it: "(818) 708-8131" and "A. Smith" are none. Signs that
 * bullets are misread as ("¢", "*", "e") are some where several lines begin so at one place.
 *
 * @ret_items: ordered by address of the line. False when the page's arena is full.
 */
bool list_markers_find(const struct page *page, struct list_item **ret_items,
                       size_t *ret_count) _must_check_;

/* The item that the line begins; NULL: none. */
const struct list_item *list_markers_of(const struct list_item *items, size_t count,
                                        const struct line *line);
