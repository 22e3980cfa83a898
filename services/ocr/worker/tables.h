#pragma once

/*
 * Tables of a page: out of its lines, its ruling lines and what the engine saw, into table blocks.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/table_rules.h"

/*
 * Takes the words of each table out of the blocks and puts a table block with them where the first
 * of them stood. Blocks that are cut in two by a table become two.
 *
 * @text_height: of the page's usual line, in pixels.
 * @rules: of the page.
 *
 * False when the page's arena is full. Cost: words times tables.
 */
bool tables_take_from_page(struct page *page, int32_t text_height,
                           const struct table_rules *rules) _must_check_;
