#pragma once

/*
 * Tables drawn with lines: rules that cross each other become rows, columns and cells that span.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/table_draft.h"
#include "services/ocr/worker/table_rules.h"

/*
 * Adds a draft for each grid of rules that holds a table, and gives its pieces their cells. Of
 * grids within cells of others the inner ones get the pieces.
 *
 * @pieces: with boxes; those that have a table already are left alone.
 * @text_height: of the page's usual line, in pixels.
 *
 * A frame around text, or a rule between columns of text, is no table. False when the arena is
 * full. Cost: rules each way multiplied, pieces times grids.
 */
bool table_grid_find(const struct table_rules *rules, int32_t text_height,
                     struct table_piece *pieces, size_t count, struct arena *arena,
                     struct table_drafts *drafts) _must_check_;
