/* Rows and cells of tables whose columns are known: the second half of table_columns.h. */
#include "services/ocr/worker/table_columns.h"

/* What of a row stands in which column. */
struct row_shape {
    bool has_first;  /* in the first column */
    bool is_lone;    /* in one column alone */
    bool has_number; /* in another column than the first */
    bool has_span;   /* in several columns */
    bool goes_on;    /* the first column's text */
    bool is_parted;  /* by a ruling line from the row before */
    int32_t gap;     /* to the row before */
};

/* A ruling line along most of the table between both heights. */
static bool is_ruled_between(const struct table_columns *columns, int32_t from, int32_t to,
                             const struct table_rules *rules)
{
    struct bbox box = bbox_union(columns->rows[0].bbox, columns->rows[columns->row_count - 1].bbox);
    int64_t covered = 0;

    for (size_t i = 0; i < rules->across_count; i++) {
        const struct table_rule *rule = &rules->across[i];
        if (rule->at < from || rule->at > to)
            continue;
        int32_t start = rule->from > box.x0 ? rule->from : box.x0;
        int32_t end = rule->to < box.x1 ? rule->to : box.x1;
        covered += end > start ? end - start : 0;
    }
    return covered * 10 >= (int64_t)(box.x1 - box.x0) * 7;
}

static struct row_shape shape_of(const struct table_columns *columns,
                                 const struct table_measure *measure, size_t number)
{
    const struct table_row *row = &columns->rows[number];
    struct row_shape shape = {.is_lone = row->count == 1};

    for (size_t i = 0; i < row->count; i++) {
        size_t first, last;
        table_columns_of(columns, row->pieces[i], table_columns_slack(measure), &first, &last);
        shape.has_span = shape.has_span || last > first;
        shape.has_number =
            shape.has_number || (first > 0 && table_piece_is_numeric(row->pieces[i]));
        if (first == 0) {
            shape.has_first = true;
            shape.goes_on = table_piece_goes_on(row->pieces[i]);
        }
    }
    if (number > 0) {
        int32_t above = columns->rows[number - 1].bbox.y1;
        int32_t slack = table_columns_slack(measure);
        shape.gap = row->bbox.y0 - above;
        shape.is_parted =
            is_ruled_between(columns, above - slack, row->bbox.y0 + slack, measure->rules);
    }
    return shape;
}

/* How a table's rows are told apart. */
struct row_rule {
    size_t head;    /* lines of the head */
    bool is_parted; /* ruling lines part the rows beneath it */
};

/* True when the row and the one before are one: lines of higher cells reach into the line of the
 * first column, which stands in their middle. */
static bool reaches_into(const struct row_shape *before, const struct row_shape *shape)
{
    return shape->has_first && !before->has_first && shape->gap < 0;
}

/* Lines of the head: up to the first ruling line or number. */
static size_t count_head(const struct row_shape *shapes, size_t count)
{
    enum { HEAD_MAX = 6 };

    for (size_t i = 0; i < count && i <= HEAD_MAX; i++)
        if (shapes[i].is_parted || shapes[i].has_number)
            return i > 1 && reaches_into(&shapes[i - 1], &shapes[i]) ? i - 1 : i;
    return 1;
}

/* Ruling lines part rows where what they leave together does not look like several rows. */
static struct row_rule find_row_rule(const struct row_shape *shapes, size_t count)
{
    enum { PARTED_MIN = 3, PARTED_SHARE = 3 /* one gap of so many */ };
    struct row_rule rule = {.head = count_head(shapes, count)};
    size_t parted = 0, whole = 0;

    for (size_t i = rule.head; i < count; i++) {
        parted += shapes[i].is_parted;
        whole += !shapes[i].is_parted && shapes[i].has_first && shapes[i].has_number;
    }
    rule.is_parted =
        parted >= PARTED_MIN && parted * PARTED_SHARE >= count && whole * PARTED_SHARE <= parted;
    return rule;
}

/* True when row `i` is a further line of the row before it. */
static bool continues(const struct row_shape *shapes, size_t count, size_t i,
                      const struct row_rule *rule, const struct table_measure *measure)
{
    const struct row_shape *shape = &shapes[i], *before = &shapes[i - 1];

    if (shape->gap > measure->text_height || shape->is_parted || shape->has_span ||
        before->has_span || i == rule->head)
        return false;
    if (i < rule->head || rule->is_parted)
        return true;
    if (reaches_into(before, shape))
        return true;
    if (i + 1 < count && reaches_into(shape, &shapes[i + 1]) && shape->gap > shapes[i + 1].gap)
        return false;
    if (shape->has_first)
        return shape->goes_on && (shape->is_lone || before->is_lone);
    if (shape->has_number)
        return i + 1 < count && shape->gap * 4 < shapes[i + 1].gap * 3;
    return shape->gap * 2 < measure->text_height;
}

/* Lets a cell reach to the column `end`, or to the next cell of its row. */
static void widen(struct table_cell *cell, uint32_t end, const struct table_draft *draft,
                  size_t first_cell)
{
    for (size_t i = first_cell; i < draft->cell_count; i++)
        if (draft->cells[i].column > cell->column && draft->cells[i].column < end)
            end = draft->cells[i].column;
    if (end > cell->column + cell->column_span)
        cell->column_span = end - cell->column;
}

/* Adds the row's pieces to cells of the draft's last row. */
static void fill_row(const struct table_columns *columns, const struct table_measure *measure,
                     const struct table_row *row, int32_t number, size_t first_cell,
                     struct table_draft *draft)
{
    for (size_t i = 0; i < row->count; i++) {
        struct table_piece *piece = row->pieces[i];
        size_t first, last, cell;
        table_columns_of(columns, piece, table_columns_slack(measure), &first, &last);
        for (cell = first_cell; cell < draft->cell_count; cell++) {
            const struct table_cell *other = &draft->cells[cell];
            if (other->column <= last && other->column + other->column_span > first)
                break;
        }
        if (cell == draft->cell_count) {
            draft->cells[draft->cell_count++] = (struct table_cell){.column = (uint32_t)first,
                                                                    .row = draft->row_count - 1,
                                                                    .row_span = 1,
                                                                    .column_span = 1};
        }
        widen(&draft->cells[cell], (uint32_t)last + 1, draft, first_cell);
        piece->table = number;
        piece->cell = cell;
    }
}

bool table_columns_draft(const struct table_columns *columns, const struct table_measure *measure,
                         struct arena *arena, struct table_draft *ret_draft, int32_t number)
{
    struct row_shape *shapes = ARENA_NEW_ARRAY(arena, struct row_shape, columns->row_count);
    size_t pieces = 0, first_cell = 0;

    if (shapes == NULL)
        return false;
    for (size_t r = 0; r < columns->row_count; r++) {
        pieces += columns->rows[r].count;
        shapes[r] = shape_of(columns, measure, r);
    }
    *ret_draft = (struct table_draft){.column_count = (uint32_t)columns->edge_count + 1,
                                      .cells = ARENA_NEW_ARRAY(arena, struct table_cell, pieces)};
    if (ret_draft->cells == NULL)
        return false;
    const struct row_rule rule = find_row_rule(shapes, columns->row_count);
    for (size_t r = 0; r < columns->row_count; r++) {
        if (r == 0 || !continues(shapes, columns->row_count, r, &rule, measure)) {
            ret_draft->row_count++;
            first_cell = ret_draft->cell_count;
        }
        size_t before = ret_draft->cell_count;
        fill_row(columns, measure, &columns->rows[r], number, first_cell, ret_draft);
        for (size_t c = before; c < ret_draft->cell_count; c++)
            ret_draft->cells[c].is_header = r < rule.head;
        ret_draft->bbox = bbox_union(ret_draft->bbox, columns->rows[r].bbox);
    }
    return true;
}
