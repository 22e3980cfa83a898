#pragma once

/*
 * Running headers, footers and page numbers: what stands at a page's edges and is not part of what
 * it says. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/page_measure.h"
#include "services/ocr/worker/table_rules.h"

/*
 * Moves lines at the top and the bottom that are running headers or footers into blocks of that
 * kind, before and after all others; tables stay where they are.
 *
 * A row of lines is taken for one when several signs come together: it is close to the edge, apart
 * from the rest or ruled off, has a page number, text at both ends, or small print. In doubt it
 * stays.
 *
 * @rules: of the page.
 *
 * False when the page's arena is full. Cost: that of sorting the lines.
 */
bool page_margins_part(struct page *page, const struct page_measure *measure,
                       const struct table_rules *rules) _must_check_;
