#pragma once

/*
 * Text of lines as text that flows: what word processors want of a paragraph that was set in lines.
 *
 * - Lines are joined by a space, or by nothing where both sides are of a script without spaces
 *   (Han, kana, Thai, Lao, Khmer, Burmese).
 * - A word that a hyphen divides at the end of a line is put together: "recogni-" + "tion" becomes
 *   "recognition". The hyphen stays before anything but a small letter ("COVID-" + "19", "Jean-" +
 *   "Paul"), and where the page has the word with its hyphen within a line ("well-known").
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

/* What stands between two lines of flowing text, "" or " ", and how many bytes of the first line's
 * end are dropped, 0 but for a hyphen. @within: text of the page, for words with hyphens. */
const char *text_flow_joint(struct str first, struct str second, const char *within,
                            size_t *ret_dropped);
