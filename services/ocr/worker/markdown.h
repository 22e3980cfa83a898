#pragma once

/*
 * Markdown of a page: CommonMark 0.30, headings, paragraphs and lists. Running headers and footers
 * are left out. Text never turns into markup: what could is escaped.
 * Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "services/ocr/worker/document.h"

/* Appends the page's blocks; false when the buffer is full. */
bool markdown_append_page(struct buf *out, const struct page *page) _must_check_;
