#pragma once

/*
 * Which pages of a file are to be read: "1-3,7,-1".
 *
 * Pages count from 1; a negative number counts from the end (-1 is the last page); "3-" runs to the
 * end and "2--2" to the last page but one. Items are separated by commas, white space around them
 * is passed over. The result is a set: pages named twice are read once, in the file's order. API:
 * `pages` of POST /api/v1/ocr/. Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/base/str.h"

enum { PAGE_RANGES_MAX_BYTES = 1000 };

/* Checks the form alone, before the number of pages is known. INVALID_ARGUMENT INVALID_FIELD, field
 * "page_ranges". */
status_code page_ranges_check(struct str ranges, struct status *st) _must_check_;

/*
 * Indexes (from 0, ascending) of the selected pages, in the arena.
 *
 * @ranges: empty selects all pages.
 * @page_count: pages of the file, at least 1.
 * Fails as above, for a page that the file does not have as well.
 */
status_code page_ranges_select(struct str ranges, int32_t page_count, struct arena *arena,
                               const int32_t **ret_indexes, size_t *ret_count,
                               struct status *st) _must_check_;
