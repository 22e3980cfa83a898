#include "services/export/page/table_view.h"

#include <stdlib.h>

bool table_view_is_table(const Ocrmesh__Document__V1__Block *block)
{
    return block->table != NULL && block->table->row_count > 0 && block->table->column_count > 0;
}

static size_t place_of(const struct table_view *view, uint32_t row, uint32_t column)
{
    return (size_t)row * view->column_count + column;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Columns of the row that are free from the cell's first on, at most as many as it spans. */
static uint32_t free_columns(const struct table_view *view, uint32_t row, uint32_t column,
                             uint32_t span_max)
{
    uint32_t count = 0;

    while (count < span_max && view->places[place_of(view, row, column + count)] == 0)
        count++;
    return count;
}

static void put_cell(struct table_view *view, size_t index,
                     const Ocrmesh__Document__V1__TableCell *cell)
{
    struct table_view_cell *put = &view->cells[index];
    uint32_t rows_max, columns_max;

    *put = (struct table_view_cell){.cell = cell, .row = cell->row, .column = cell->column};
    if (cell->row >= view->row_count || cell->column >= view->column_count)
        return;
    rows_max = smaller(cell->row_span > 0 ? cell->row_span : 1, view->row_count - cell->row);
    columns_max =
        smaller(cell->column_span > 0 ? cell->column_span : 1, view->column_count - cell->column);
    put->column_span = free_columns(view, cell->row, cell->column, columns_max);
    if (put->column_span == 0)
        return;
    while (put->row_span < rows_max && free_columns(view, cell->row + put->row_span, cell->column,
                                                    put->column_span) == put->column_span)
        put->row_span++;
    for (uint32_t row = 0; row < put->row_span; row++)
        for (uint32_t column = 0; column < put->column_span; column++)
            view->places[place_of(view, cell->row + row, cell->column + column)] =
                (uint32_t)index + 1;
}

status_code table_view_init(struct table_view *view, const Ocrmesh__Document__V1__Table *table,
                            struct status *st)
{
    *view = (struct table_view){0};
    view->column_count = smaller(table->column_count, TABLE_VIEW_COLUMNS_MAX);
    if (view->column_count > 0)
        view->row_count = smaller(table->row_count, TABLE_VIEW_PLACES_MAX / view->column_count);
    view->cells = calloc(table->n_cells + 1, sizeof(*view->cells));
    view->places = calloc(place_of(view, view->row_count, 0) + 1, sizeof(*view->places));
    if (view->cells == NULL || view->places == NULL) {
        table_view_deinit(view);
        return FAIL_MEMORY(st);
    }
    for (size_t i = 0; i < table->n_cells; i++)
        put_cell(view, i, table->cells[i]);
    return STATUS_OK;
}

void table_view_deinit(struct table_view *view)
{
    free(view->cells);
    free(view->places);
    *view = (struct table_view){0};
}

const struct table_view_cell *table_view_at(const struct table_view *view, uint32_t row,
                                            uint32_t column)
{
    uint32_t place;

    if (row >= view->row_count || column >= view->column_count)
        return NULL;
    place = view->places[place_of(view, row, column)];
    return place > 0 ? &view->cells[place - 1] : NULL;
}

uint32_t table_view_header_rows(const struct table_view *view)
{
    for (uint32_t row = 0; row < view->row_count; row++) {
        for (uint32_t column = 0; column < view->column_count; column++) {
            const struct table_view_cell *cell = table_view_at(view, row, column);

            if (cell == NULL || !cell->cell->is_header)
                return row;
        }
    }
    return view->row_count;
}
