#include "services/ocr/worker/table_align.h"

#include <stdlib.h>

#include "services/ocr/worker/layout_box.h"
#include "services/ocr/worker/table_columns.h"

/* --- Rows of pieces --- */

static int compare_left(const void *a, const void *b)
{
    const struct table_piece *x = *(struct table_piece *const *)a,
                             *y = *(struct table_piece *const *)b;

    return layout_compare_left(x->bbox, y->bbox);
}

/* Pieces side by side, from the left; the running text beside them is left out. */
static bool add_row(struct table_piece **pieces, size_t count, struct table_row *row)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!pieces[i]->is_running)
            pieces[kept++] = pieces[i];
    qsort(pieces, kept, sizeof(struct table_piece *), compare_left);
    *row = (struct table_row){.pieces = pieces, .count = kept};
    for (size_t i = 0; i < kept; i++)
        row->bbox = bbox_union(row->bbox, pieces[i]->bbox);
    return kept > 0;
}

/* True when running text stands in the way between the row and what comes next. */
static bool is_obstacle(struct table_piece **pieces, size_t count, struct bbox above)
{
    for (size_t i = 0; i < count; i++)
        if (pieces[i]->is_running && pieces[i]->bbox.x0 < above.x1 && pieces[i]->bbox.x1 > above.x0)
            return true;
    return false;
}

/* Where the piece's line stands: dashes and stops are low, and are taken for as high as text. */
static struct bbox band_of(const struct table_piece *piece, int32_t text_height)
{
    struct bbox box = piece->bbox;
    int32_t missing = text_height - (box.y1 - box.y0);

    if (missing > text_height / 2) {
        box.y0 -= missing / 2;
        box.y1 += missing / 2;
    }
    return box;
}

/* Sorts pieces into rows, from the top; returns their number. */
static size_t make_rows(struct table_piece **pieces, size_t count, int32_t text_height,
                        struct table_row *rows)
{
    size_t row_count = 0;
    bool is_blocked = false;

    qsort(pieces, count, sizeof(struct table_piece *), table_piece_compare_middle);
    for (size_t start = 0; start < count;) {
        struct bbox first = band_of(pieces[start], text_height);
        size_t end = start + 1;
        while (end < count && layout_is_in_row(band_of(pieces[end], text_height), first))
            end++;
        if (row_count > 0)
            is_blocked =
                is_blocked || is_obstacle(pieces + start, end - start, rows[row_count - 1].bbox);
        if (add_row(pieces + start, end - start, &rows[row_count])) {
            rows[row_count++].is_after_text = is_blocked;
            is_blocked = false;
        }
        start = end;
    }
    return row_count;
}

/* --- Tables --- */

/* Takes rows for a table where that is what they are. */
static bool take_table(struct table_row *rows, size_t count, const struct table_measure *measure,
                       struct arena *arena, struct table_drafts *drafts)
{
    struct table_columns columns;

    if (drafts->count == TABLES_MAX || count > TABLE_ROWS_MAX)
        return true;
    if (!table_columns_find(rows, count, measure, arena, &columns))
        return false;
    if (!table_columns_make_table(&columns, measure))
        return true;
    if (!table_columns_draft(&columns, measure, arena, &drafts->drafts[drafts->count],
                             (int32_t)drafts->count))
        return false;
    drafts->count++;
    return true;
}

/* The widest gap between two rows; 0: none is wide. */
static size_t widest_gap(const struct table_row *rows, size_t count,
                         const struct table_measure *measure)
{
    int32_t widest = measure->text_height;
    size_t at = 0;

    for (size_t i = 1; i < count; i++) {
        int32_t gap = rows[i].bbox.y0 - rows[i - 1].bbox.y1;
        if (gap > widest) {
            widest = gap;
            at = i;
        }
    }
    return at;
}

static bool count_gaps(struct table_row *rows, size_t count, const struct table_measure *measure,
                       struct arena *arena, size_t *ret_gaps)
{
    struct table_columns columns;

    if (!table_columns_find(rows, count, measure, arena, &columns))
        return false;
    *ret_gaps = columns.gap_count;
    return true;
}

/* Rows without text between them: one table, or several where a gap parts different columns. */
static bool take_tables(struct table_row *rows, size_t count, const struct table_measure *measure,
                        struct arena *arena, struct table_drafts *drafts, int depth)
{
    enum { DEPTH_MAX = 8 };
    size_t cut = widest_gap(rows, count, measure), whole = 0, above = 0, beneath = 0;

    if (cut == 0 || depth == DEPTH_MAX)
        return take_table(rows, count, measure, arena, drafts);
    if (!count_gaps(rows, count, measure, arena, &whole) ||
        !count_gaps(rows, cut, measure, arena, &above) ||
        !count_gaps(rows + cut, count - cut, measure, arena, &beneath))
        return false;
    if ((above + beneath) * 7 <= whole * 8)
        return take_table(rows, count, measure, arena, drafts);
    return take_tables(rows, cut, measure, arena, drafts, depth + 1) &&
           take_tables(rows + cut, count - cut, measure, arena, drafts, depth + 1);
}

/* A line of its own in larger type is a heading. */
static bool is_heading(const struct table_row *row, const struct table_measure *measure)
{
    return row->count == 1 && (row->bbox.y1 - row->bbox.y0) * 5 > measure->text_height * 7;
}

static bool is_long(const struct table_row *row, const struct table_measure *measure)
{
    return row->count == 1 && row->bbox.x1 - row->bbox.x0 > TABLE_LONG_PIECE * measure->text_height;
}

/* Of the font of a row's first piece that has one; 0: unknown. */
static float size_of(const struct table_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->pieces[i]->line->size > 0)
            return row->pieces[i]->line->size;
    return 0;
}

/* Another size of type, after some room, is another thing. */
static bool changes_size(const struct table_row *above, const struct table_row *row,
                         const struct table_measure *measure)
{
    const float ratio = 1.1f;
    float a = size_of(above), b = size_of(row);

    return row->bbox.y0 - above->bbox.y1 > 2 * measure->text_height && a > 0 && b > 0 &&
           (a > b * ratio || b > a * ratio);
}

/* Cuts the rows where text, a heading, another size or a wide gap parts them. */
static bool take_runs(struct table_row *rows, size_t count, const struct table_measure *measure,
                      struct arena *arena, struct table_drafts *drafts)
{
    enum { GAP_MAX = 4 /* lines */, LONG_MAX = 3 };

    for (size_t start = 0; start < count;) {
        size_t end = start + 1, long_lines = 0;
        while (end < count && !rows[end].is_after_text && !is_heading(&rows[end], measure) &&
               !changes_size(&rows[end - 1], &rows[end], measure) &&
               rows[end].bbox.y0 - rows[end - 1].bbox.y1 <= GAP_MAX * measure->text_height &&
               long_lines < LONG_MAX) {
            long_lines = is_long(&rows[end], measure) ? long_lines + 1 : 0;
            end++;
        }
        if (!take_tables(rows + start, end - start, measure, arena, drafts, 0))
            return false;
        start = end;
    }
    return true;
}

/* Pieces without a table, in a box or (NULL) anywhere, as pointers; returns their number. */
static size_t select_pieces(struct table_piece *pieces, size_t count, const struct bbox *within,
                            struct table_piece **ret_pieces)
{
    size_t selected = 0;

    for (size_t i = 0; i < count; i++) {
        struct bbox box = pieces[i].bbox;
        if (pieces[i].table >= 0 || pieces[i].is_bar || (within == NULL && pieces[i].is_in_figure))
            continue;
        if (within == NULL || bbox_area(bbox_intersection(box, *within)) * 2 > bbox_area(box))
            ret_pieces[selected++] = &pieces[i];
    }
    return selected;
}

/* Room for the work on one part of the page at a time. */
struct search {
    struct table_piece *pieces;
    size_t count;
    struct table_piece **selected;
    struct table_row *rows;
};

/* What is told to be a table: all of it is, running text as well. */
static bool take_told(const struct search *search, const struct bbox *within,
                      const struct table_measure *measure, struct arena *arena,
                      struct table_drafts *drafts)
{
    size_t found = select_pieces(search->pieces, search->count, within, search->selected);

    for (size_t i = 0; i < found; i++)
        search->selected[i]->is_running = false;
    return take_runs(search->rows,
                     make_rows(search->selected, found, measure->text_height, search->rows),
                     measure, arena, drafts);
}

bool table_align_find(struct table_piece *pieces, size_t count, int32_t text_height,
                      const struct table_hints *hints, struct arena *arena,
                      struct table_drafts *drafts)
{
    const struct search search = {
        .pieces = pieces,
        .count = count,
        .selected = ARENA_NEW_ARRAY(arena, struct table_piece *, count + 1),
        .rows = ARENA_NEW_ARRAY(arena, struct table_row, count + 1),
    };
    struct table_measure measure = {
        .text_height = text_height, .rules = hints->rules, .is_told = true};

    if (search.selected == NULL || search.rows == NULL)
        return false;
    for (size_t i = 0; i < drafts->loose_count; i++)
        if (!take_told(&search, &drafts->loose[i], &measure, arena, drafts))
            return false;
    for (size_t r = 0; r < hints->region_count && drafts->count < TABLES_MAX; r++)
        if (hints->regions[r].kind == BLOCK_TABLE &&
            !take_told(&search, &hints->regions[r].bbox, &measure, arena, drafts))
            return false;
    measure.is_told = false;
    size_t found = select_pieces(pieces, count, NULL, search.selected);
    return take_runs(search.rows, make_rows(search.selected, found, text_height, search.rows),
                     &measure, arena, drafts);
}
