#pragma once

/*
 * Grids of ruling lines, and what is in them: a table, one of which the lines part only some, or
 * none. Private to table_grid.c. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/table_draft.h"

/* One grid of rules: where its lines are, and which of its places are one cell. */
struct table_grid {
    int32_t xs[TABLE_COLUMNS_MAX + 1];
    size_t x_count;
    int32_t ys[TABLE_ROWS_MAX + 1];
    size_t y_count;
    size_t *cells; /* by place: the first place of its cell */
};

typedef enum {
    GRID_FRAME, /* around text, or around nothing */
    GRID_LOOSE, /* a table, of which the rules part only some rows */
    GRID_TABLE,
} table_grid_kind;

static inline bool table_piece_is_free(const struct table_piece *piece)
{
    return piece->table < 0 && !piece->is_bar;
}

/* The first place of the cell in which the middle of the box is; SIZE_MAX: outside the grid. */
size_t table_grid_place(struct table_grid *grid, struct bbox box);

/* What is in its cells tells. @inner: room for the pieces. */
table_grid_kind table_grid_kind_of(struct table_grid *grid, const struct table_piece *pieces,
                                   size_t count, const struct table_piece **inner,
                                   struct arena *arena);
