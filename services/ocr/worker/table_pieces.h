#pragma once

/*
 * The lines of a page cut into pieces that may be cells. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/table_draft.h"
#include "services/ocr/worker/table_rules.h"

/*
 * Cuts every line where a wide gap or a ruling line parts its words, and tells running text apart:
 * long pieces with others like them above or beneath.
 *
 * @ret_pieces: by block, line, word. They borrow the page's lines.
 *
 * False when the arena is full. Cost: words times ruling lines.
 */
bool table_pieces_make(const struct page *page, const struct table_rules *rules,
                       int32_t text_height, struct arena *arena, struct table_piece **ret_pieces,
                       size_t *ret_count) _must_check_;
