#pragma once

/*
 * Tables in Markdown: as GFM has them (GitHub Flavored Markdown 0.29, section 4.10) where each cell
 * has one place, as an HTML block (CommonMark 0.30, section 4.6) where cells span several.
 * Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"
#include "services/ocr/worker/document.h"

/* False when the buffer is full. @table: finished; of the page. */
bool markdown_append_table(struct buf *out, const struct page *page,
                           const struct table *table) _must_check_;
