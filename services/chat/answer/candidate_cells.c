#include "services/chat/answer/candidate.h"
#include "services/chat/question/concept.h"

enum {
    CELLS_MAX = 64, /* of a row */
    HEADER_MAX_BYTES = 120,
    CELL_MAX_BYTES = 300,
};

/* What is left of the fit of a cell that the question says itself, and of one whose row it does not
 * name. Estimates. */
#define SHARE_SAID    0.7F
#define SHARE_ANY_ROW 0.3F

struct row_cells {
    struct str items[CELLS_MAX];
    size_t count;
};

static void cut_row(struct str text, struct row_cells *ret_cells)
{
    struct str cell;

    ret_cells->count = 0;
    while (ret_cells->count < CELLS_MAX && str_next_token(&text, '\t', &cell))
        ret_cells->items[ret_cells->count++] = str_trim(cell);
}

static struct str last_line(struct str text)
{
    size_t begin = text.n;

    while (begin > 0 && text.p[begin - 1] != '\n')
        begin--;
    return (struct str){text.p + begin, text.n - begin};
}

/* A row of values heads nothing: heads are words or years. */
static bool names_columns(const struct row_cells *cells)
{
    for (size_t i = 1; i < cells->count; i++) {
        struct value values[VALUES_MAX];
        unsigned kinds = values_kinds(values, values_find(cells->items[i], values));
        if ((kinds & ~(VALUE_BIT(VALUE_NAME) | VALUE_BIT(VALUE_YEAR) | VALUE_BIT(VALUE_DATE))) !=
                0 &&
            (kinds & VALUE_BIT(VALUE_NAME)) == 0)
            return false;
    }
    return true;
}

/* The heads of the columns: the last line of the context when it has as many cells; else the
 * table's first row, when it stands in the passage. */
static bool find_header(const struct passage_view *view, const struct passage_piece *piece,
                        size_t cell_count, struct row_cells *ret_header)
{
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *other = &view->passage->pieces[i];
        if (other->block_index != piece->block_index || other->row != 0 || piece->row == 0 ||
            other->offset + other->length > view->text_bytes)
            continue;
        cut_row((struct str){view->passage->text.p + other->offset, other->length}, ret_header);
        return ret_header->count == cell_count && names_columns(ret_header);
    }
    if (piece->row == 0)
        return false;
    cut_row(last_line(view->passage->context), ret_header);
    return ret_header->count == cell_count && cell_count > 1 && names_columns(ret_header);
}

/* Terms of a label, a concept's names included. */
static status_code named_terms(const struct candidate_search *search,
                               const struct passage_view *view, struct str label, struct str value,
                               struct term_set *ret_terms, float *ret_fit, struct status *st)
{
    const struct question_part *part = search->terms->part;
    struct folded_text folded;

    *ret_fit = 0;
    *ret_terms = (struct term_set){0, 0};
    if (label.n == 0)
        return STATUS_OK;
    if (label.p >= view->passage->text.p &&
        label.p < view->passage->text.p + view->passage->text.n) {
        size_t begin = candidate_offset(view, label);
        *ret_terms = passage_view_terms(view, begin, begin + label.n);
    } else {
        TRY(viewer_terms(&search->viewer, label, view->passage->language, ret_terms, st));
    }
    if (part->concept_count == 0)
        return STATUS_OK;
    if (!folded_text_make(label, search->viewer.arena, &folded))
        return FAIL_MEMORY(st);
    for (size_t i = 0; i < part->concept_count; i++) {
        float fit = concept_fits_label(part->concepts[i].concept, folded.folded);
        if (fit <= 0)
            continue;
        fit *= candidate_concept_fit(part->concepts[i].concept, value);
        if (fit >= 0.5F)
            ret_terms->exact |= part->concepts[i].terms;
        else
            ret_terms->near |= part->concepts[i].terms;
        if (fit > *ret_fit)
            *ret_fit = fit;
    }
    return STATUS_OK;
}

/* The cell that names the row for a cell: the nearest one on its left that has letters. */
static size_t row_label_of(const struct row_cells *cells, size_t cell)
{
    for (size_t i = 0; i < cell; i++) {
        struct str text = cells->items[i];
        for (size_t k = 0; k < text.n; k++)
            if ((unsigned char)text.p[k] >= 0x80 || (text.p[k] >= 'A' && text.p[k] <= 'Z') ||
                (text.p[k] >= 'a' && text.p[k] <= 'z'))
                return i;
    }
    return cell;
}

struct cell_place {
    const struct row_cells *cells;
    const struct row_cells *header; /* NULL: none */
    size_t label;                   /* the cell itself: none */
    size_t cell;
    struct term_set row;
    bool has_other_rows;
};

static status_code add_cell(const struct candidate_search *search, const struct passage_view *view,
                            const struct cell_place *place, struct status *st)
{
    struct str value = place->cells->items[place->cell];
    size_t begin = candidate_offset(view, value);
    struct term_set own = passage_view_terms(view, begin, begin + value.n);
    struct term_set by_row = {0, 0};
    struct term_set by_column = {0, 0};
    float row_fit = 0;
    float column_fit = 0;
    struct candidate candidate = {
        .form = CANDIDATE_CELL,
        .passage = view->index,
        .value = value,
        .novelty = 1,
        .around = view->whole,
        .relevance = view->relevance,
        .near = term_set_union(place->row, view->context),
    };

    if (place->label != place->cell) {
        candidate.label = place->cells->items[place->label];
        TRY(named_terms(search, view, candidate.label, value, &by_row, &row_fit, st));
    }
    if (place->header != NULL && place->header->items[place->cell].n <= HEADER_MAX_BYTES) {
        candidate.column = place->header->items[place->cell];
        TRY(named_terms(search, view, candidate.column, value, &by_column, &column_fit, st));
    }
    candidate.core = term_set_union(by_row, by_column);
    if ((candidate.core.exact | candidate.core.near) == 0)
        return STATUS_OK;
    /* What the question says itself is not what it asks for. */
    candidate.core.exact &= ~own.exact | by_row.exact;
    candidate.label_fit = row_fit > column_fit ? row_fit : column_fit;
    if (by_column.exact != 0 && candidate.label_fit < 1)
        candidate.label_fit = 1;
    candidate.type_fit = candidate_type_fit(search, view, value);
    if (candidate.label_fit > candidate.type_fit && (row_fit > 0 || column_fit > 0))
        candidate.type_fit = row_fit > column_fit ? row_fit : column_fit;
    if (own.exact != 0)
        candidate.type_fit *= SHARE_SAID;
    /* A column alone says which one only where there is one row. */
    if ((by_row.exact | by_row.near) == 0 && place->has_other_rows) {
        candidate.type_fit *= SHARE_ANY_ROW;
        candidate.label_fit *= SHARE_ANY_ROW;
    }
    candidate_add(search, &candidate);
    return STATUS_OK;
}

/* Whether the table has another row with values in the passage. */
static bool has_others(const struct passage_view *view, const struct passage_piece *piece)
{
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *other = &view->passage->pieces[i];
        if (other->block_index == piece->block_index && other->row > 0 && other->row != piece->row)
            return true;
    }
    return false;
}

static status_code add_row(const struct candidate_search *search, const struct passage_view *view,
                           const struct passage_piece *piece, struct status *st)
{
    struct row_cells cells;
    struct row_cells header;
    bool has_header;
    bool has_other_rows = has_others(view, piece);
    struct term_set row = passage_view_terms(view, piece->offset, piece->offset + piece->length);

    cut_row((struct str){view->passage->text.p + piece->offset, piece->length}, &cells);
    has_header = find_header(view, piece, cells.count, &header);
    for (size_t i = 0; i < cells.count; i++) {
        struct cell_place place = {
            &cells, has_header ? &header : NULL, row_label_of(&cells, i), i, row, has_other_rows};
        if (cells.items[i].n == 0 || cells.items[i].n > CELL_MAX_BYTES)
            continue;
        TRY(add_cell(search, view, &place, st));
        /* Tables of two pairs a row: the next cell on the left is the label. */
        size_t left = i;
        while (left > 0 && (left == i || cells.items[left].n == 0))
            left--;
        if (left != place.label && left != i && cells.items[left].n > 0) {
            place.label = left;
            TRY(add_cell(search, view, &place, st));
        }
    }
    return STATUS_OK;
}

status_code candidate_add_cells(const struct candidate_search *search,
                                const struct passage_view *view, struct status *st)
{
    for (size_t i = 0; i < view->passage->piece_count; i++) {
        const struct passage_piece *piece = &view->passage->pieces[i];
        if (piece->row == PASSAGE_NO_ROW || piece->offset + piece->length > view->text_bytes)
            continue;
        TRY(add_row(search, view, piece, st));
    }
    return STATUS_OK;
}
