#pragma once

/*
 * From lines and regions to the blocks of a page, in reading order.
 *
 * Lines are put in order by layout.h; each belongs to the region that it lies in, and lines that
 * follow each other in one region are one block of its kind. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/neural/regions.h"
#include "services/ocr/worker/engine/neural/text_line.h"

/*
 * Appends to the page.
 *
 * @lines: with their words, which are copied; those without are left out. They may lie askew, all
 *     by about the same angle: their order is found as if they lay straight.
 *
 * False when the page's arena is full.
 */
bool compose_page(struct page *page, const struct text_line *lines, size_t line_count,
                  const struct region *regions, size_t region_count);
