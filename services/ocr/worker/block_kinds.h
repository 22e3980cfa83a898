#pragma once

/*
 * Which paragraphs of a page are headings, captions and formulas. Thread rule: one thread at a
 * time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/page_measure.h"

/*
 * Names the kinds of paragraphs, and the levels of headings: by size, larger than the rest; by
 * weight, a bold line of its own; by number ("2.1. Data"); by capitals; by standing in the middle.
 * What an engine named stays, but for headings that are much too long for one. Headings that go on
 * in the next block become one.
 *
 * False when the page's arena is full.
 */
bool block_kinds_name(struct page *page, const struct page_measure *measure) _must_check_;
