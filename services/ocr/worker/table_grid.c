#include "services/ocr/worker/table_grid.h"

#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/disjoint_sets.h"
#include "services/ocr/worker/layout_internal.h"
#include "services/ocr/worker/table_grid_kind.h"

static bool reaches(const struct table_rule *rule, int32_t at, int32_t tolerance)
{
    return at >= rule->from - tolerance && at <= rule->to + tolerance;
}

static bool cross(const struct table_rule *across, const struct table_rule *down, int32_t tolerance)
{
    return reaches(across, down->at, tolerance) && reaches(down, across->at, tolerance);
}

/* --- Grids --- */

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
        if (disjoint_set_of(sets, offset + i) == set)
            positions[found++] = rules[i].at;
    for (size_t i = 0; i < other_count; i++)
        if (disjoint_set_of(sets, other_offset + i) == set) {
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

static void measure_cells(struct table_grid *grid, struct extent *extents)
{
    size_t columns = grid->x_count - 1, places = columns * (grid->y_count - 1);

    for (size_t i = 0; i < places; i++)
        extents[i] = (struct extent){SIZE_MAX, SIZE_MAX, 0, 0, 0};
    for (size_t i = 0; i < places; i++) {
        struct extent *extent = &extents[disjoint_set_of(grid->cells, i)];
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
static bool make_rectangles(struct table_grid *grid, struct arena *arena)
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
                    disjoint_sets_join(grid->cells, i, row * columns + column);
        }
        if (!is_changed)
            return true;
    }
    return false;
}

/* Joins places that no rule parts. False where that gives no cells. */
static bool join_places(struct table_grid *grid, const struct rule_set *set, struct arena *arena)
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
                disjoint_sets_join(grid->cells, place, place + 1);
            if (row + 1 < rows &&
                !is_parted_across(set, grid->ys[row + 1], grid->xs[column], grid->xs[column + 1]))
                disjoint_sets_join(grid->cells, place, place + columns);
        }
    return make_rectangles(grid, arena);
}

static struct bbox box_of(const struct table_grid *grid)
{
    return (struct bbox){grid->xs[0], grid->ys[0], grid->xs[grid->x_count - 1],
                         grid->ys[grid->y_count - 1]};
}

/* Turns the grid into a draft. False when the arena is full. */
static bool add_draft(struct table_grid *grid, struct table_piece *pieces, size_t count,
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
        size_t first = disjoint_set_of(grid->cells, place);
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
        size_t place =
            table_piece_is_free(&pieces[i]) ? table_grid_place(grid, pieces[i].bbox) : SIZE_MAX;
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
    struct table_grid grid;

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
    table_grid_kind kind = table_grid_kind_of(&grid, pieces, count, set->inner, arena);
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
                disjoint_sets_join(sets, a, rules->across_count + d);
    for (size_t i = 0; i < rules->across_count + rules->down_count; i++)
        sets[i] = disjoint_set_of(sets, i);
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
