#pragma once

/*
 * Text in Markdown that never turns into markup. Thread rule: any thread.
 */

#include <stdbool.h>

#include "lib/base/str.h"

/* Appends one line of running text, escaped. @at_line_start: what would start a block there (a
 * heading, a list, a quote, a rule) is escaped as well. False when the buffer is full. */
bool markdown_append_text(struct buf *out, struct str text, bool at_line_start) _must_check_;
