#include "services/ocr/worker/table_grid_kind.h"

#include <stdlib.h>

#include "services/ocr/worker/disjoint_sets.h"
#include "services/ocr/worker/layout_box.h"

/* The interval of sorted positions that holds `at`; count - 1: none. */
static size_t interval_of(const int32_t *positions, size_t count, int32_t at)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (at >= positions[i] && at < positions[i + 1])
            return i;
    return count - 1;
}

size_t table_grid_place(struct table_grid *grid, struct bbox box)
{
    int32_t x = layout_middle(box.x0, box.x1), y = layout_middle_height(box);

    if (x < grid->xs[0] || x >= grid->xs[grid->x_count - 1] || y < grid->ys[0])
        return SIZE_MAX;
    size_t column = interval_of(grid->xs, grid->x_count, x);
    size_t row = interval_of(grid->ys, grid->y_count, y);
    if (column + 1 >= grid->x_count || row + 1 >= grid->y_count)
        return SIZE_MAX;
    return disjoint_set_of(grid->cells, row * (grid->x_count - 1) + column);
}

/* True when a number stands beside the piece in another column of its row of the grid. */
static bool has_number_beside(struct table_grid *grid, const struct table_piece *const *pieces,
                              size_t count, size_t i)
{
    enum { LOOKED_AT_MAX = 2 * TABLE_COLUMNS_MAX };
    size_t columns = grid->x_count - 1, own = table_grid_place(grid, pieces[i]->bbox);
    size_t from = i > LOOKED_AT_MAX ? i - LOOKED_AT_MAX : 0;
    int32_t middle = layout_middle_height(pieces[i]->bbox);

    for (size_t k = from; k < count && k < i + LOOKED_AT_MAX; k++) {
        size_t place = table_grid_place(grid, pieces[k]->bbox);
        if (place % columns != own % columns && place / columns == own / columns &&
            pieces[k]->bbox.y0 < middle && pieces[k]->bbox.y1 > middle &&
            table_piece_is_numeric(pieces[k]))
            return true;
    }
    return false;
}

/* True when the piece and the next are numbers side by side in one cell. */
static bool is_beside_in_cell(struct table_grid *grid, const struct table_piece *piece,
                              const struct table_piece *next)
{
    return table_grid_place(grid, piece->bbox) == table_grid_place(grid, next->bbox) &&
           table_piece_is_numeric(piece) && table_piece_is_numeric(next) &&
           layout_middle_height(piece->bbox) > next->bbox.y0 &&
           (next->bbox.x0 >= piece->bbox.x1 || piece->bbox.x0 >= next->bbox.x1);
}

/* True when several lines of one cell each have numbers of their own beside them, or when many
 * cells have several numbers side by side. */
static bool is_loose(struct table_grid *grid, const struct table_piece **pieces, size_t count)
{
    enum { BESIDE_SHARE = 6 /* one piece of so many */ };
    size_t columns = grid->x_count - 1, row_before = SIZE_MAX, lines = 0, beside = 0;

    qsort(pieces, count, sizeof(struct table_piece *), table_piece_compare_middle);
    for (size_t i = 0; i < count; i++) {
        size_t place = table_grid_place(grid, pieces[i]->bbox);
        beside += i + 1 < count && is_beside_in_cell(grid, pieces[i], pieces[i + 1]);
        if (place % columns != 0 || !has_number_beside(grid, pieces, count, i))
            continue;
        lines = place / columns == row_before ? lines + 1 : 1;
        row_before = place / columns;
        if (lines >= 2)
            return true;
    }
    return beside * BESIDE_SHARE > count;
}

/* True when some row has something in two of its cells. @pieces_of: by the cells' first places. */
static bool has_neighbours(const size_t *pieces_of, size_t columns, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        size_t filled = 0;
        for (size_t column = 0; column < columns; column++)
            filled += pieces_of[row * columns + column] > 0;
        if (filled > 1)
            return true;
    }
    return false;
}

table_grid_kind table_grid_kind_of(struct table_grid *grid, const struct table_piece *pieces,
                                   size_t count, const struct table_piece **inner,
                                   struct arena *arena)
{
    enum { FILLED_MIN = 3, PIECES_OF_CELL_MAX = 40, FILLED_SHARE_MIN = 10 /* one of so many */ };
    size_t columns = grid->x_count - 1, rows = grid->y_count - 1;
    size_t *pieces_of = ARENA_NEW_ARRAY(arena, size_t, columns *rows);
    size_t filled = 0, cells = 0, most = 0, inner_count = 0;

    if (pieces_of == NULL)
        return GRID_FRAME;
    for (size_t i = 0; i < count; i++) {
        size_t place =
            table_piece_is_free(&pieces[i]) ? table_grid_place(grid, pieces[i].bbox) : SIZE_MAX;
        if (place == SIZE_MAX)
            continue;
        /* What runs up or down has no row beside it. */
        if (pieces[i].line->direction != DIRECTION_TOP_TO_BOTTOM)
            inner[inner_count++] = &pieces[i];
        filled += pieces_of[place]++ == 0;
        most = pieces_of[place] > most ? pieces_of[place] : most;
    }
    for (size_t i = 0; i < columns * rows; i++)
        cells += grid->cells[i] == i;
    if (!has_neighbours(pieces_of, columns, rows) || filled < FILLED_MIN ||
        filled * FILLED_SHARE_MIN < cells)
        return GRID_FRAME;
    if (is_loose(grid, inner, inner_count))
        return GRID_LOOSE;
    return most <= PIECES_OF_CELL_MAX ? GRID_TABLE : GRID_FRAME;
}
