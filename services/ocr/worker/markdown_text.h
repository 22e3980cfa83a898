#pragma once

/*
 * Text in Markdown that never turns into markup. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"
#include "services/ocr/worker/document.h"

/* Appends one line of the page's running text, escaped but for its formulas. @at_line_start: what
 * would start a block there (a heading, a list, a quote, a rule) is escaped as well. False when the
 * buffer is full. */
bool markdown_append_text(struct buf *out, const struct page *page, struct str text,
                          bool at_line_start) _must_check_;
