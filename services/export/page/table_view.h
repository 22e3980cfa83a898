#pragma once

/*
 * A table as its grid: which cell covers a place.
 *
 * What a document says is not relied on: cells outside the grid are left out, spans are cut at its
 * edges and ahead of a place that an earlier cell covers, and a grid beyond the limits loses its
 * last columns and rows. Only computes; one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"

enum {
    TABLE_VIEW_COLUMNS_MAX = 16384, /* of a spreadsheet (ECMA-376, part 1, 18.3.1.13) */
    TABLE_VIEW_PLACES_MAX = 1 << 20,
};

/* A cell of the grid, with the spans that it has there. */
struct table_view_cell {
    const Ocrmesh__Document__V1__TableCell *cell;
    uint32_t row, column;
    uint32_t row_span, column_span;
};

struct table_view {
    uint32_t row_count;
    uint32_t column_count;
    struct table_view_cell *cells; /* the module's own */
    uint32_t *places;              /* index of a cell plus 1; 0: covered by none */
};

/* True for a block that is a table with rows and columns: what `table=N` counts. */
bool table_view_is_table(const Ocrmesh__Document__V1__Block *block);

/* @table: lives as long as the view. Fails when out of memory. */
status_code table_view_init(struct table_view *view, const Ocrmesh__Document__V1__Table *table,
                            struct status *st) _must_check_;
void table_view_deinit(struct table_view *view);

/* The cell that covers the place, NULL where there is none. The place is the cell's first when its
 * `row` and `column` are those asked for. */
const struct table_view_cell *table_view_at(const struct table_view *view, uint32_t row,
                                            uint32_t column);

/* Rows at the top whose places are all covered by headers. */
uint32_t table_view_header_rows(const struct table_view *view);
