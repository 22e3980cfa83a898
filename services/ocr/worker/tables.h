#pragma once

/*
 * Tables of a page: out of its lines, its ruling lines and what the engine saw, into table blocks.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/image.h"

/*
 * Takes the words of each table out of the blocks and puts a table block with them where the first
 * of them stood. Blocks that are cut in two by a table become two.
 *
 * @image: the page, for its ruling lines; NULL: only what is aligned is found.
 *
 * False when the page's arena is full. Cost: pixels; pieces times tables; no more than that.
 */
bool tables_take_from_page(struct page *page, const struct image *image) _must_check_;
