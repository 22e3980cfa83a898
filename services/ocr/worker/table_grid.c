#include "services/ocr/worker/table_grid.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/layout_internal.h"

/* --- Rules that belong together --- */

/* Disjoint sets, by the smallest member. */
static size_t set_of(size_t *sets, size_t i)
{
    while (sets[i] != i) {
        sets[i] = sets[sets[i]];
        i = sets[i];
    }
    return i;
}

static void join_sets(size_t *sets, size_t a, size_t b)
{
    a = set_of(sets, a);
    b = set_of(sets, b);
    if (a < b)
        sets[b] = a;
    else
        sets[a] = b;
}

static bool reaches(const struct table_rule *rule, int32_t at, int32_t tolerance)
{
    return at >= rule->from - tolerance && at <= rule->to + tolerance;
}

static bool cross(const struct table_rule *across, const struct table_rule *down, int32_t tolerance)
{
    return reaches(across, down->at, tolerance) && reaches(down, across->at, tolerance);
}

/* --- Grids --- */

/* One grid of rules: where its lines are, and which of its places are one cell. */
struct grid {
    int32_t xs[TABLE_COLUMNS_MAX + 1];
    size_t x_count;
    int32_t ys[TABLE_ROWS_MAX + 1];
    size_t y_count;
    size_t *cells; /* by place: the first place of its cell */
};

/* Sorts positions and joins those that are one; returns their number. */
static size_t cluster(int32_t *positions, size_t count, int32_t tolerance)
{
    size_t kept = 0;

    qsort(positions, count, sizeof(*positions), layout_compare_int32);
    for (size_t i = 0; i < count;) {
        int64_t sum = 0;
        size_t end = i;
        while (end < count && positions[end] - positions[i] <= tolerance)
            sum += positions[end++];
        positions[kept++] = (int32_t)(sum / (int64_t)(end - i));
        i = end;
    }
    return kept;
}

/* Positions of one set's rules, and where its rules of the other way begin and end. */
static size_t collect(const struct table_rule *rules, size_t count, const struct table_rule *others,
                      size_t other_count, size_t *sets, size_t offset, size_t other_offset,
                      size_t set, int32_t tolerance, int32_t *positions)
{
    int32_t from = INT32_MAX, to = INT32_MIN;
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (set_of(sets, offset + i) == set)
            positions[found++] = rules[i].at;
    for (size_t i = 0; i < other_count; i++)
        if (set_of(sets, other_offset + i) == set) {
            from = others[i].from < from ? others[i].from : from;
            to = others[i].to > to ? others[i].to : to;
        }
    /* Sides that are not drawn are where the rules of the other way end. */
    positions[found++] = from;
    positions[found++] = to;
    return cluster(positions, found, tolerance);
}

/* True when most of the way from `from` to `to` at `at` is ruled. */
static bool is_ruled(const struct table_rule *rules, size_t count, const size_t *sets, size_t set,
                     int32_t at, int32_t from, int32_t to, int32_t tolerance)
{
    int64_t covered = 0;

    for (size_t i = 0; i < count; i++) {
        if (sets[i] != set || abs(rules[i].at - at) > tolerance)
            continue;
        int32_t start = rules[i].from > from ? rules[i].from : from;
        int32_t end = rules[i].to < to ? rules[i].to : to;
        covered += end > start ? end - start : 0;
    }
    return covered * 10 >= (int64_t)(to - from) * 6;
}

/* The rules of one connected set; `sets` are resolved. */
struct rule_set {
    const struct table_rules *rules;
    size_t *sets; /* of rules across, then of rules down */
    size_t set;
    int32_t tolerance;
    const struct table_piece **inner; /* room for all pieces */
};

static bool is_parted_across(const struct rule_set *set, int32_t y, int32_t from, int32_t to)
{
    return is_ruled(set->rules->across, set->rules->across_count, set->sets, set->set, y, from, to,
                    set->tolerance);
}

static bool is_parted_down(const struct rule_set *set, int32_t x, int32_t from, int32_t to)
{
    return is_ruled(set->rules->down, set->rules->down_count, set->sets + set->rules->across_count,
                    set->set, x, from, to, set->tolerance);
}

/* Bounds of a cell, in places. */
struct extent {
    size_t top, left, bottom, right; /* inclusive */
    size_t count;
};

static void measure_cells(struct grid *grid, struct extent *extents)
{
    size_t columns = grid->x_count - 1, places = columns * (grid->y_count - 1);

    for (size_t i = 0; i < places; i++)
        extents[i] = (struct extent){SIZE_MAX, SIZE_MAX, 0, 0, 0};
    for (size_t i = 0; i < places; i++) {
        struct extent *extent = &extents[set_of(grid->cells, i)];
        size_t row = i / columns, column = i % columns;
        extent->top = row < extent->top ? row : extent->top;
        extent->left = column < extent->left ? column : extent->left;
        extent->bottom = row > extent->bottom ? row : extent->bottom;
        extent->right = column > extent->right ? column : extent->right;
        extent->count++;
    }
}

/* Cells are rectangles: what is none takes in what lies within its bounds. False when that goes on
 * too long to be a table, or when the arena is full. */
static bool make_rectangles(struct grid *grid, struct arena *arena)
{
    enum { ROUNDS_MAX = 8 };
    size_t columns = grid->x_count - 1, places = columns * (grid->y_count - 1);
    struct extent *extents = ARENA_NEW_ARRAY(arena, struct extent, places);

    for (int round = 0; extents != NULL && round < ROUNDS_MAX; round++) {
        bool is_changed = false;
        measure_cells(grid, extents);
        for (size_t i = 0; i < places; i++) {
            const struct extent *at = &extents[i];
            size_t area = (at->bottom - at->top + 1) * (at->right - at->left + 1);
            if (at->count == 0 || at->count == area)
                continue;
            is_changed = true;
            for (size_t row = at->top; row <= at->bottom; row++)
                for (size_t column = at->left; column <= at->right; column++)
                    join_sets(grid->cells, i, row * columns + column);
        }
        if (!is_changed)
            return true;
    }
    return false;
}

/* Joins places that no rule parts. False where that gives no cells. */
static bool join_places(struct grid *grid, const struct rule_set *set, struct arena *arena)
{
    size_t columns = grid->x_count - 1, rows = grid->y_count - 1;

    grid->cells = ARENA_NEW_ARRAY(arena, size_t, columns *rows);
    if (grid->cells == NULL)
        return false;
    for (size_t i = 0; i < columns * rows; i++)
        grid->cells[i] = i;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t place = row * columns + column;
            if (column + 1 < columns &&
                !is_parted_down(set, grid->xs[column + 1], grid->ys[row], grid->ys[row + 1]))
                join_sets(grid->cells, place, place + 1);
            if (row + 1 < rows &&
                !is_parted_across(set, grid->ys[row + 1], grid->xs[column], grid->xs[column + 1]))
                join_sets(grid->cells, place, place + columns);
        }
    return make_rectangles(grid, arena);
}

/* --- Pieces --- */

/* The interval of sorted positions that holds `at`; count - 1: none. */
static size_t interval_of(const int32_t *positions, size_t count, int32_t at)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (at >= positions[i] && at < positions[i + 1])
            return i;
    return count - 1;
}

/* The first place of the cell in which the middle of the box is; SIZE_MAX: outside the grid. */
static size_t place_of(struct grid *grid, struct bbox box)
{
    int32_t x = table_middle(box.x0, box.x1), y = table_middle(box.y0, box.y1);

    if (x < grid->xs[0] || x >= grid->xs[grid->x_count - 1] || y < grid->ys[0])
        return SIZE_MAX;
    size_t column = interval_of(grid->xs, grid->x_count, x);
    size_t row = interval_of(grid->ys, grid->y_count, y);
    if (column + 1 >= grid->x_count || row + 1 >= grid->y_count)
        return SIZE_MAX;
    return set_of(grid->cells, row * (grid->x_count - 1) + column);
}

static bool is_free(const struct table_piece *piece)
{
    return piece->table < 0 && !piece->is_bar;
}

typedef enum {
    GRID_FRAME, /* around text, or around nothing */
    GRID_LOOSE, /* a table, of which the rules part only some rows */
    GRID_TABLE,
} grid_kind;

static int compare_middle(const void *a, const void *b)
{
    const struct table_piece *x = *(const struct table_piece *const *)a,
                             *y = *(const struct table_piece *const *)b;
    int32_t of_x = table_middle(x->bbox.y0, x->bbox.y1);
    int32_t of_y = table_middle(y->bbox.y0, y->bbox.y1);

    if (of_x != of_y)
        return of_x < of_y ? -1 : 1;
    return (x->bbox.x0 > y->bbox.x0) - (x->bbox.x0 < y->bbox.x0);
}

/* True when a number stands beside the piece in another column of its row of the grid. */
static bool has_number_beside(struct grid *grid, const struct table_piece *const *pieces,
                              size_t count, size_t i)
{
    enum { LOOKED_AT_MAX = 2 * TABLE_COLUMNS_MAX };
    size_t columns = grid->x_count - 1, own = place_of(grid, pieces[i]->bbox);
    size_t from = i > LOOKED_AT_MAX ? i - LOOKED_AT_MAX : 0;
    int32_t middle = table_middle(pieces[i]->bbox.y0, pieces[i]->bbox.y1);

    for (size_t k = from; k < count && k < i + LOOKED_AT_MAX; k++) {
        size_t place = place_of(grid, pieces[k]->bbox);
        if (place % columns != own % columns && place / columns == own / columns &&
            pieces[k]->bbox.y0 < middle && pieces[k]->bbox.y1 > middle &&
            table_piece_is_numeric(pieces[k]))
            return true;
    }
    return false;
}

/* True when the piece and the next are numbers side by side in one cell. */
static bool is_beside_in_cell(struct grid *grid, const struct table_piece *piece,
                              const struct table_piece *next)
{
    return place_of(grid, piece->bbox) == place_of(grid, next->bbox) &&
           table_piece_is_numeric(piece) && table_piece_is_numeric(next) &&
           table_middle(piece->bbox.y0, piece->bbox.y1) > next->bbox.y0 &&
           (next->bbox.x0 >= piece->bbox.x1 || piece->bbox.x0 >= next->bbox.x1);
}

/* True when several lines of one cell each have numbers of their own beside them, or when many
 * cells have several numbers side by side. */
static bool is_loose(struct grid *grid, const struct table_piece **pieces, size_t count)
{
    enum { BESIDE_SHARE = 6 /* one piece of so many */ };
    size_t columns = grid->x_count - 1, row_before = SIZE_MAX, lines = 0, beside = 0;

    qsort(pieces, count, sizeof(struct table_piece *), compare_middle);
    for (size_t i = 0; i < count; i++) {
        size_t place = place_of(grid, pieces[i]->bbox);
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

/* What is in its cells tells. @inner: room for the pieces. */
static grid_kind kind_of(struct grid *grid, const struct table_piece *pieces, size_t count,
                         const struct table_piece **inner, struct arena *arena)
{
    enum { FILLED_MIN = 3, PIECES_OF_CELL_MAX = 40, FILLED_SHARE_MIN = 10 /* one of so many */ };
    size_t columns = grid->x_count - 1, rows = grid->y_count - 1;
    size_t *pieces_of = ARENA_NEW_ARRAY(arena, size_t, columns *rows);
    size_t filled = 0, cells = 0, most = 0, inner_count = 0;

    if (pieces_of == NULL)
        return GRID_FRAME;
    for (size_t i = 0; i < count; i++) {
        size_t place = is_free(&pieces[i]) ? place_of(grid, pieces[i].bbox) : SIZE_MAX;
        if (place == SIZE_MAX)
            continue;
        inner[inner_count++] = &pieces[i];
        filled += pieces_of[place]++ == 0;
        most = pieces_of[place] > most ? pieces_of[place] : most;
    }
    for (size_t i = 0; i < columns * rows; i++)
        cells += grid->cells[i] == i;
    if (filled < FILLED_MIN || filled * FILLED_SHARE_MIN < cells)
        return GRID_FRAME;
    if (is_loose(grid, inner, inner_count))
        return GRID_LOOSE;
    return most <= PIECES_OF_CELL_MAX ? GRID_TABLE : GRID_FRAME;
}

static struct bbox box_of(const struct grid *grid)
{
    return (struct bbox){grid->xs[0], grid->ys[0], grid->xs[grid->x_count - 1],
                         grid->ys[grid->y_count - 1]};
}

/* Turns the grid into a draft. False when the arena is full. */
static bool add_draft(struct grid *grid, struct table_piece *pieces, size_t count,
                      struct arena *arena, struct table_drafts *drafts)
{
    size_t columns = grid->x_count - 1, rows = grid->y_count - 1;
    size_t *indices = ARENA_NEW_ARRAY(arena, size_t, columns *rows);
    struct table_draft *draft = &drafts->drafts[drafts->count];

    *draft = (struct table_draft){
        .bbox = box_of(grid),
        .row_count = (uint32_t)rows,
        .column_count = (uint32_t)columns,
        .cells = ARENA_NEW_ARRAY(arena, struct table_cell, columns * rows),
    };
    if (indices == NULL || draft->cells == NULL)
        return false;
    for (size_t place = 0; place < columns * rows; place++) {
        size_t first = set_of(grid->cells, place);
        uint32_t row = (uint32_t)(place / columns), column = (uint32_t)(place % columns);
        if (first == place) {
            indices[place] = draft->cell_count;
            draft->cells[draft->cell_count++] =
                (struct table_cell){.row = row, .column = column, .row_span = 1, .column_span = 1};
            continue;
        }
        struct table_cell *cell = &draft->cells[indices[first]];
        if (row - cell->row >= cell->row_span)
            cell->row_span = row - cell->row + 1;
        if (column - cell->column >= cell->column_span)
            cell->column_span = column - cell->column + 1;
    }
    for (size_t i = 0; i < count; i++) {
        size_t place = is_free(&pieces[i]) ? place_of(grid, pieces[i].bbox) : SIZE_MAX;
        if (place == SIZE_MAX)
            continue;
        pieces[i].table = (int32_t)drafts->count;
        pieces[i].cell = indices[place];
    }
    drafts->count++;
    return true;
}

static bool add_grid(const struct rule_set *set, struct table_piece *pieces, size_t count,
                     int32_t *positions, struct arena *arena, struct table_drafts *drafts)
{
    const struct table_rules *rules = set->rules;
    struct grid grid;

    grid.x_count = collect(rules->down, rules->down_count, rules->across, rules->across_count,
                           set->sets, rules->across_count, 0, set->set, set->tolerance, positions);
    if (grid.x_count < 3 || grid.x_count > ARRAY_LENGTH(grid.xs))
        return true;
    memcpy(grid.xs, positions, grid.x_count * sizeof(*positions));
    grid.y_count = collect(rules->across, rules->across_count, rules->down, rules->down_count,
                           set->sets, 0, rules->across_count, set->set, set->tolerance, positions);
    if (grid.y_count < 3 || grid.y_count > ARRAY_LENGTH(grid.ys))
        return true;
    memcpy(grid.ys, positions, grid.y_count * sizeof(*positions));
    if (!join_places(&grid, set, arena))
        return true;
    grid_kind kind = kind_of(&grid, pieces, count, set->inner, arena);
    if (kind == GRID_LOOSE && drafts->loose_count < TABLES_MAX)
        drafts->loose[drafts->loose_count++] = box_of(&grid);
    return kind != GRID_TABLE || add_draft(&grid, pieces, count, arena, drafts);
}

/* Sets of rules that cross. */
static void join_rules(const struct table_rules *rules, size_t *sets, int32_t tolerance)
{
    for (size_t i = 0; i < rules->across_count + rules->down_count; i++)
        sets[i] = i;
    for (size_t a = 0; a < rules->across_count; a++)
        for (size_t d = 0; d < rules->down_count; d++)
            if (cross(&rules->across[a], &rules->down[d], tolerance))
                join_sets(sets, a, rules->across_count + d);
    for (size_t i = 0; i < rules->across_count + rules->down_count; i++)
        sets[i] = set_of(sets, i);
}

/* A grid and the set that it is made of. */
struct candidate {
    size_t set;
    int64_t area;
};

static int compare_area(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->area > y->area) - (x->area < y->area);
}

/* Sets with rules both ways, the smallest first, so that inner tables come before outer ones. */
static size_t find_candidates(const struct rule_set *all, size_t count,
                              struct candidate *candidates)
{
    const struct table_rules *rules = all->rules;
    size_t found = 0;

    for (size_t set = 0; set < count; set++) {
        struct bbox box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
        size_t across = 0, down = 0;
        for (size_t i = 0; i < rules->across_count; i++)
            if (all->sets[i] == set) {
                box.x0 = rules->across[i].from < box.x0 ? rules->across[i].from : box.x0;
                box.x1 = rules->across[i].to > box.x1 ? rules->across[i].to : box.x1;
                across++;
            }
        for (size_t i = 0; i < rules->down_count; i++)
            if (all->sets[rules->across_count + i] == set) {
                box.y0 = rules->down[i].from < box.y0 ? rules->down[i].from : box.y0;
                box.y1 = rules->down[i].to > box.y1 ? rules->down[i].to : box.y1;
                down++;
            }
        if (across >= 2 && down >= 1)
            candidates[found++] = (struct candidate){set, bbox_area(box)};
    }
    qsort(candidates, found, sizeof(*candidates), compare_area);
    return found;
}

bool table_grid_find(const struct table_rules *rules, int32_t text_height,
                     struct table_piece *pieces, size_t count, struct arena *arena,
                     struct table_drafts *drafts)
{
    enum { TOLERANCE_MIN = 4 }; /* pixels */
    size_t rule_count = rules->across_count + rules->down_count;
    struct rule_set set = {
        .rules = rules,
        .sets = ARENA_NEW_ARRAY(arena, size_t, rule_count + 1),
        .inner = ARENA_NEW_ARRAY(arena, const struct table_piece *, count + 1),
        .tolerance = text_height / 2 > TOLERANCE_MIN ? text_height / 2 : TOLERANCE_MIN,
    };
    struct candidate *candidates = ARENA_NEW_ARRAY(arena, struct candidate, rule_count + 1);
    int32_t *positions = ARENA_NEW_ARRAY(arena, int32_t, rule_count + 2);

    if (set.sets == NULL || set.inner == NULL || candidates == NULL || positions == NULL)
        return false;
    join_rules(rules, set.sets, set.tolerance);
    size_t found = find_candidates(&set, rule_count, candidates);
    for (size_t i = 0; i < found && drafts->count < TABLES_MAX; i++) {
        set.set = candidates[i].set;
        if (!add_grid(&set, pieces, count, positions, arena, drafts))
            return false;
    }
    return true;
}
