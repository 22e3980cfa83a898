#pragma once

/*
 * Text of lines as text that flows: what word processors want of a paragraph that was set in lines.
 *
 * - Lines are joined, and divided words put together (lib/flow/joint.h).
 * - A line that ends although the first word of the next one had fitted ends on purpose, as in an
 *   address: the end of the line stays, as "\n". In a block most of whose lines end so, all do.
 *   This is told by boxes, so it needs the page with its lines (PAGE_VIEW_FULL).
 *
 * Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"

/* Appends the text of the block. @text: the block's own, or the part of it that is wanted, from
 * somewhere to its end. @page: the block's. False when the buffer is full. */
bool text_flow_append(struct buf *out, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block, struct str text) _must_check_;
