#pragma once

/*
 * What tesseract's search for columns left out: figures between blanks, above all, of tables and
 * receipts, which it takes for specks. What is inked like letters and was not read is read again,
 * as words that stand anywhere.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/picture/legible.h"

struct residue {
    struct image *image; /* the legible picture without the words that were read; NULL: nothing left
                            that is worth reading. Owned. */
};

/*
 * Finds what was not read.
 *
 * @page: its blocks from `first_block` on were read in the legible picture, and have its pixels.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE without memory. Costs about ten milliseconds a
 * megapixel.
 */
status_code residue_init(struct residue *residue, const struct legible *legible,
                         const struct page *page, size_t first_block,
                         struct status *st) _must_check_;
void residue_deinit(struct residue *residue);

/*
 * Puts words among the lines that were read before, where they are sure, and enough to matter: then
 * all lines are laid out anew.
 *
 * @found: what was read in the residue's picture; its arena is the page's. Rearranged.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full.
 */
status_code residue_merge(struct page *page, size_t first_block, const struct legible *legible,
                          struct page *found, struct status *st) _must_check_;
