#pragma once

/*
 * Lines that were found in two pieces, parted at a wide space of justified text. Private to
 * layout.c. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>

#include "services/ocr/worker/document.h"

/*
 * Puts the pieces together again: those whose gap the lines above and beneath reach over.
 *
 * @lines: with boxes; what is left of them comes first.
 * @ret_count: how many are left.
 *
 * False when the page's arena is full.
 */
bool layout_torn_mend(struct page *page, struct line *lines, size_t count, size_t *ret_count);
