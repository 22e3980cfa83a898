#include "services/ocr/worker/table_columns.h"

#include <stdlib.h>

#include "lib/base/utf8.h"
#include "services/ocr/worker/layout_box.h"

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
            middle = layout_middle(events[i].x, events[i + 1].x);
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

void table_columns_of(const struct table_columns *columns, const struct table_piece *piece,
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

int32_t table_columns_slack(const struct table_measure *measure)
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
            table_columns_of(columns, row->pieces[i], table_columns_slack(measure), &first, &last);
            table_columns_of(columns, row->pieces[i + 1], table_columns_slack(measure), &next_first,
                             &next_last);
            if (first == last && next_first == next_last && next_first > last)
                for (size_t e = last; e < next_first; e++)
                    support[e]++;
        }
    }
}

/* Leaves out edges that hardly any row has pieces on both sides of. */
static void drop_chance_edges(struct table_columns *columns, size_t several,
                              const struct table_measure *measure)
{
    enum { SUPPORT_SHARE = 5 }; /* one row of so many that have several pieces */
    size_t support[TABLE_COLUMNS_MAX], kept = 0;

    count_support(columns, measure, support);
    for (size_t e = 0; e < columns->edge_count; e++)
        if (support[e] >= 2 && support[e] * SUPPORT_SHARE >= several) {
            columns->edges[kept++] = columns->edges[e];
            columns->gap_count += support[e];
        }
    columns->edge_count = kept;
}

/* Lines above and beneath that stand alone are titles and notes, unless they reach into the next
 * row, as lines of higher cells do. */
static void trim_rows(struct table_columns *columns, size_t pieces_min)
{
    while (columns->row_count > 0 && columns->rows[0].count < pieces_min &&
           (columns->row_count == 1 || columns->rows[0].bbox.y1 <= columns->rows[1].bbox.y0)) {
        columns->rows++;
        columns->row_count--;
    }
    while (columns->row_count > 0 && columns->rows[columns->row_count - 1].count < 2 &&
           (columns->row_count == 1 || columns->rows[columns->row_count - 1].bbox.y0 >=
                                           columns->rows[columns->row_count - 2].bbox.y1))
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
    drop_chance_edges(ret_columns, several, measure);
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
            table_columns_of(columns, piece, table_columns_slack(measure), &first, &last);
            looks.pieces++;
            looks.crossing += last > first;
            looks.later += first > 0;
            looks.numeric += first > 0 && table_piece_is_numeric(piece);
            looks.going_on += table_piece_goes_on(piece);
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
    enum { PAGE_ROWS = 30 };
    struct looks looks = look_at(columns, measure);
    size_t column_count = columns->edge_count + 1;

    if (column_count < 2 || looks.rows < 2)
        return false;
    /* Columns of text, or text around a picture: it goes on from line to line. Of cells with
     * several lines as well, but not for a whole page. */
    bool is_text = looks.numeric * 10 < looks.later && looks.going_on * 3 > looks.pieces;
    if (measure->is_told)
        return !is_text || looks.rows < PAGE_ROWS;
    if (is_text || looks.long_columns >= 2 || looks.crossing * 4 > looks.pieces)
        return false;
    if (column_count == 2)
        return looks.rows >= 3 && looks.numeric * 5 >= looks.later * 3 &&
               looks.markers * 3 < looks.rows * 2;
    return looks.rows >= 3 || looks.numeric * 2 >= looks.later;
}
