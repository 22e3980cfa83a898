#include "services/ocr/worker/table_columns.h"

#include <stdlib.h>

#include "lib/base/utf8.h"

/* --- White space --- */

/* Where a piece begins (+1) or ends (-1). */
struct event {
    int32_t x;
    int32_t step;
};

static int compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return x->step - y->step; /* ends before beginnings: touching is no overlap */
}

/* Begins and ends of the pieces of rows that have several, sorted; returns their number. */
static size_t list_events(const struct table_row *rows, size_t count, struct event *events)
{
    size_t found = 0;

    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; rows[r].count > 1 && i < rows[r].count; i++) {
            events[found++] = (struct event){rows[r].pieces[i]->bbox.x0, 1};
            events[found++] = (struct event){rows[r].pieces[i]->bbox.x1, -1};
        }
    qsort(events, found, sizeof(*events), compare_events);
    return found;
}

/* Of a stretch that few pieces cross, the middle of the widest part that fewest cross. */
static int32_t middle_of_stretch(const struct event *events, size_t from, size_t to,
                                 int32_t crossing, int32_t *ret_width)
{
    int32_t fewest = INT32_MAX, middle = 0;

    *ret_width = 0;
    for (size_t i = from; i < to; i++) {
        int32_t width = events[i + 1].x - events[i].x;
        if (i > from)
            crossing += events[i].step;
        if (width > 0 && (crossing < fewest || (crossing == fewest && width > *ret_width))) {
            fewest = crossing;
            *ret_width = width;
            middle = table_middle(events[i].x, events[i + 1].x);
        }
    }
    return middle;
}

/* Stretches that at most `crossing_max` pieces cross and that are wide enough. */
static void find_edges(const struct event *events, size_t count, int32_t crossing_max,
                       int32_t width_min, struct table_columns *columns)
{
    int32_t crossing = 0;

    for (size_t i = 0; i + 1 < count; i++) {
        crossing += events[i].step;
        if (crossing > crossing_max || i == 0)
            continue;
        size_t end = i + 1;
        int32_t after = crossing;
        while (end + 1 < count && after + events[end].step <= crossing_max)
            after += events[end++].step;
        int32_t width;
        int32_t middle = middle_of_stretch(events, i, end, crossing, &width);
        /* What ends it there is the end of all pieces. */
        if (end + 1 < count && width >= width_min && columns->edge_count < TABLE_COLUMNS_MAX - 1)
            columns->edges[columns->edge_count++] = middle;
        crossing = after + events[end].step;
        i = end;
    }
}

/* --- Edges that tell columns apart --- */

/* The columns that a piece lies in, from the first to the last. */
static void columns_of(const struct table_columns *columns, const struct table_piece *piece,
                       int32_t slack, size_t *ret_first, size_t *ret_last)
{
    size_t first = 0, last = 0;

    while (first < columns->edge_count && columns->edges[first] <= piece->bbox.x0 + slack)
        first++;
    last = first;
    while (last < columns->edge_count && columns->edges[last] < piece->bbox.x1 - slack)
        last++;
    *ret_first = first;
    *ret_last = last;
}

static int32_t slack_of(const struct table_measure *measure)
{
    return measure->text_height / 4;
}

/* Rows with pieces in the columns on both sides of each edge. */
static void count_support(const struct table_columns *columns, const struct table_measure *measure,
                          size_t support[static TABLE_COLUMNS_MAX])
{
    for (size_t e = 0; e < TABLE_COLUMNS_MAX; e++)
        support[e] = 0;
    for (size_t r = 0; r < columns->row_count; r++) {
        const struct table_row *row = &columns->rows[r];
        for (size_t i = 0; i + 1 < row->count; i++) {
            size_t first, last, next_first, next_last;
            columns_of(columns, row->pieces[i], slack_of(measure), &first, &last);
            columns_of(columns, row->pieces[i + 1], slack_of(measure), &next_first, &next_last);
            if (first == last && next_first == next_last && next_first > last)
                for (size_t e = last; e < next_first; e++)
                    support[e]++;
        }
    }
}

/* Leaves out edges that hardly any row has pieces on both sides of. */
static void drop_chance_edges(struct table_columns *columns, const struct table_measure *measure)
{
    enum { SUPPORT_SHARE = 5 }; /* one row of so many */
    size_t support[TABLE_COLUMNS_MAX], kept = 0;

    count_support(columns, measure, support);
    for (size_t e = 0; e < columns->edge_count; e++)
        if (support[e] >= 2 && support[e] * SUPPORT_SHARE >= columns->row_count) {
            columns->edges[kept++] = columns->edges[e];
            columns->gap_count += support[e];
        }
    columns->edge_count = kept;
}

/* Lines above and beneath that stand alone are titles and notes. */
static void trim_rows(struct table_columns *columns, size_t pieces_min)
{
    while (columns->row_count > 0 && columns->rows[0].count < pieces_min) {
        columns->rows++;
        columns->row_count--;
    }
    while (columns->row_count > 0 && columns->rows[columns->row_count - 1].count < 2)
        columns->row_count--;
}

bool table_columns_find(struct table_row *rows, size_t count, const struct table_measure *measure,
                        struct arena *arena, struct table_columns *ret_columns)
{
    enum { ROWS_WITHOUT_CROSSING = 3, CROSSING_SHARE = 5 /* one row of so many may */ };
    size_t pieces = 0, several = 0;

    *ret_columns = (struct table_columns){.rows = rows, .row_count = count};
    if (count > TABLE_ROWS_MAX)
        ret_columns->row_count = TABLE_ROWS_MAX;
    trim_rows(ret_columns, 2);
    for (size_t r = 0; r < ret_columns->row_count; r++) {
        pieces += ret_columns->rows[r].count;
        several += ret_columns->rows[r].count > 1;
    }
    if (several < 2)
        return true;
    struct event *events = ARENA_NEW_ARRAY(arena, struct event, 2 * pieces);
    if (events == NULL)
        return false;
    size_t event_count = list_events(ret_columns->rows, ret_columns->row_count, events);
    size_t crossing_max = several <= ROWS_WITHOUT_CROSSING ? 0
                          : several < 2 * CROSSING_SHARE   ? 1
                                                           : several / CROSSING_SHARE;
    find_edges(events, event_count, (int32_t)crossing_max, measure->text_height / 2, ret_columns);
    drop_chance_edges(ret_columns, measure);
    return true;
}

/* --- Tables and what is none --- */

/* What a list begins its items with: a bullet, a number, a letter. */
static bool is_marker(const struct table_piece *piece)
{
    enum { MARKER_CHARACTERS_MAX = 4 };

    return piece->word_count == 1 &&
           utf8_length(piece->line->words[piece->first_word].text) <= MARKER_CHARACTERS_MAX;
}

/* Text that goes on from the line above: it begins with a small letter. */
static bool goes_on(const struct table_piece *piece)
{
    char c = piece->line->words[piece->first_word].text[0];

    return c >= 'a' && c <= 'z';
}

/* What the pieces of rows with several are like. */
struct looks {
    size_t rows;
    size_t pieces;
    size_t crossing; /* lie in several columns */
    size_t later;    /* in a column that is not the first */
    size_t numeric;  /* of the later ones */
    size_t markers;  /* of the first ones */
    size_t going_on; /* begin with a small letter */
    size_t long_columns;
};

static struct looks look_at(const struct table_columns *columns,
                            const struct table_measure *measure)
{
    struct looks looks = {0};
    int64_t widths[TABLE_COLUMNS_MAX] = {0};
    int64_t counts[TABLE_COLUMNS_MAX] = {0};

    for (size_t r = 0; r < columns->row_count; r++) {
        const struct table_row *row = &columns->rows[r];
        looks.rows += row->count > 1;
        for (size_t i = 0; row->count > 1 && i < row->count; i++) {
            const struct table_piece *piece = row->pieces[i];
            size_t first, last;
            columns_of(columns, piece, slack_of(measure), &first, &last);
            looks.pieces++;
            looks.crossing += last > first;
            looks.later += first > 0;
            looks.numeric += first > 0 && table_piece_is_numeric(piece);
            looks.going_on += goes_on(piece);
            looks.markers += first == 0 && is_marker(piece);
            widths[first] += piece->bbox.x1 - piece->bbox.x0;
            counts[first]++;
        }
    }
    for (size_t c = 0; c <= columns->edge_count; c++)
        looks.long_columns += widths[c] > counts[c] * TABLE_LONG_PIECE * measure->text_height;
    return looks;
}

bool table_columns_make_table(const struct table_columns *columns,
                              const struct table_measure *measure)
{
    struct looks looks = look_at(columns, measure);
    size_t column_count = columns->edge_count + 1;

    if (column_count < 2 || looks.rows < 2)
        return false;
    if (measure->is_told)
        return true;
    if (looks.long_columns >= 2 || looks.crossing * 4 > looks.pieces)
        return false;
    /* Columns of text, or text around a picture: it goes on from line to line. */
    if (looks.numeric * 10 < looks.later && looks.going_on * 3 > looks.pieces)
        return false;
    if (column_count == 2)
        return looks.rows >= 3 && looks.numeric * 5 >= looks.later * 3 &&
               looks.markers * 3 < looks.rows * 2;
    return looks.rows >= 3 || looks.numeric * 2 >= looks.later;
}

/* --- Cells --- */

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
        columns_of(columns, row->pieces[i], slack_of(measure), &first, &last);
        shape.has_span = shape.has_span || last > first;
        shape.has_number =
            shape.has_number || (first > 0 && table_piece_is_numeric(row->pieces[i]));
        if (first == 0) {
            shape.has_first = true;
            shape.goes_on = goes_on(row->pieces[i]);
        }
    }
    if (number > 0) {
        int32_t above = columns->rows[number - 1].bbox.y1;
        int32_t slack = slack_of(measure);
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

/* Lines of the head: up to the first ruling line or number. */
static size_t count_head(const struct row_shape *shapes, size_t count)
{
    enum { HEAD_MAX = 6 };

    for (size_t i = 0; i < count && i <= HEAD_MAX; i++)
        if (shapes[i].is_parted || shapes[i].has_number)
            return i;
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
        columns_of(columns, piece, slack_of(measure), &first, &last);
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
