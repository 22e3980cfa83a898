#pragma once

/*
 * Tables without lines: rows of short pieces that stand beneath each other in columns.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/table_draft.h"
#include "services/ocr/worker/table_rules.h"

/* What else is known of tables on the page. */
struct table_hints {
    const struct table_rules *rules;
    const struct page_region *regions; /* as the engine sees them */
    size_t region_count;
};

/*
 * Adds a draft for each table that is found among the pieces that have none yet.
 *
 * @text_height: of the page's usual line, in pixels.
 * @hints: where the engine sees tables, these may have fewer rows and columns; ruling lines part
 *     rows.
 *
 * Columns of running text, lists and lines with a single gap are no tables. False when the arena is
 * full. Cost: that of sorting the pieces; of each table, rows times columns.
 */
bool table_align_find(struct table_piece *pieces, size_t count, int32_t text_height,
                      const struct table_hints *hints, struct arena *arena,
                      struct table_drafts *drafts) _must_check_;
