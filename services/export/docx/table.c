#include "services/export/docx/body.h"

#include "services/export/page/language.h"
#include "services/export/page/table_view.h"

enum {
    COLUMN_WIDTH_MIN = 200, /* twips */
};

static const double font_wider = 1.1;

/* Where a column's text begins and ends on the page, by cells of this column alone. */
struct extent {
    int32_t x0;
    int32_t x1;
    bool is_known;
};

static bool is_right_to_left(const Ocrmesh__Document__V1__Block *block)
{
    return block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT;
}

/* A box as seen from where the first column is. */
static struct extent extent_of(const Ocrmesh__Document__V1__Block *block,
                               const Ocrmesh__Document__V1__BoundingBox *box)
{
    if (box == NULL || box->x1 <= box->x0 || box->x0 < 0)
        return (struct extent){0};
    return is_right_to_left(block) ? (struct extent){-box->x1, -box->x0, true}
                                   : (struct extent){box->x0, box->x1, true};
}

static void measure_columns(const struct table_view *view,
                            const Ocrmesh__Document__V1__Block *block,
                            struct extent extents[static DOCX_TABLE_COLUMNS_MAX])
{
    for (size_t i = 0; i < block->table->n_cells; i++) {
        const struct table_view_cell *cell = &view->cells[i];
        struct extent own = extent_of(block, cell->cell->bbox);
        struct extent *extent;

        if (cell->column_span != 1 || cell->row_span == 0 || !own.is_known)
            continue;
        extent = &extents[cell->column];
        if (!extent->is_known || own.x0 < extent->x0)
            extent->x0 = own.x0;
        if (!extent->is_known || own.x1 > extent->x1)
            extent->x1 = own.x1;
        extent->is_known = true;
    }
}

/* Widths of columns in twips: they meet in the middle between their texts, and take the part of the
 * text's width that the table has on the page. Without boxes all are equal. */
static void set_widths(const struct table_view *view, const Ocrmesh__Document__V1__Block *block,
                       const struct docx_body *body, int32_t widths[static DOCX_TABLE_COLUMNS_MAX])
{
    const struct docx_section *section = docx_survey_section(body->survey, body->section);
    const int32_t room = section->width - section->left - section->right;
    const struct extent whole = extent_of(block, block->bbox);
    struct extent extents[DOCX_TABLE_COLUMNS_MAX] = {0};
    double edges[DOCX_TABLE_COLUMNS_MAX + 1] = {0};
    bool are_known = whole.is_known && body->twips_per_pixel > 0;
    double total = room;

    measure_columns(view, block, extents);
    for (uint32_t i = 0; i < view->column_count; i++)
        are_known = are_known && extents[i].is_known;
    if (are_known && ((double)whole.x1 - whole.x0) * body->twips_per_pixel < room)
        total = ((double)whole.x1 - whole.x0) * body->twips_per_pixel;
    edges[0] = are_known ? whole.x0 : 0;
    for (uint32_t i = 0; i < view->column_count; i++) {
        if (!are_known)
            edges[i + 1] = i + 1;
        else if (i + 1 < view->column_count)
            edges[i + 1] = ((double)extents[i].x1 + extents[i + 1].x0) / 2;
        else
            edges[i + 1] = whole.x1;
    }
    double sum = edges[view->column_count] - edges[0];
    double needed = 0;
    for (uint32_t i = 0; i < view->column_count; i++) {
        /* Room for the text beside the cell's own margins, in a font a little wider. */
        double least = extents[i].is_known ? ((double)extents[i].x1 - extents[i].x0) *
                                                     body->twips_per_pixel * font_wider +
                                                 2 * DOCX_CELL_MARGIN_TWIPS
                                           : 0;

        edges[i] = (edges[i + 1] - edges[i]) * total / sum;
        if (edges[i] < least)
            edges[i] = least;
        if (edges[i] < COLUMN_WIDTH_MIN)
            edges[i] = COLUMN_WIDTH_MIN;
        needed += edges[i];
    }
    for (uint32_t i = 0; i < view->column_count; i++) {
        double width = needed > room ? edges[i] * room / needed : edges[i];

        widths[i] = width < COLUMN_WIDTH_MIN ? COLUMN_WIDTH_MIN
                    : width > room           ? room
                                             : (int32_t)width;
    }
}

/* Rows in which no cell begins are left out: a table that only claims them costs nothing. */
static bool has_cells(const struct table_view *view, uint32_t row)
{
    for (uint32_t column = 0; column < view->column_count; column++) {
        const struct table_view_cell *cell = table_view_at(view, row, column);

        if (cell != NULL && cell->row == row)
            return true;
    }
    return false;
}

static void write_properties(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                             const struct table_view *view, uint32_t header_row_count,
                             const int32_t widths[static DOCX_TABLE_COLUMNS_MAX])
{
    struct xml_writer *part = body->part;

    xml_begin(part, "w:tblPr");
    xml_value(part, "w:tblStyle", "w:val", DOCX_STYLE_TABLE);
    if (is_right_to_left(block))
        xml_empty(part, "w:bidiVisual");
    xml_begin(part, "w:tblW");
    xml_attribute_int(part, "w:w", 0);
    xml_attribute(part, "w:type", "auto");
    xml_end(part);
    xml_value(part, "w:tblLayout", "w:type", "fixed");
    /* Whether the style's first row is a header. */
    xml_value(part, "w:tblLook", "w:val", header_row_count > 0 ? "0020" : "0000");
    xml_end(part);
    xml_begin(part, "w:tblGrid");
    for (uint32_t i = 0; i < view->column_count; i++)
        xml_value_int(part, "w:gridCol", "w:w", widths[i]);
    xml_end(part);
}

/* @cell: NULL: there is nothing. §17.4.65: a cell has at least one paragraph. */
static void write_text(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                       const Ocrmesh__Document__V1__TableCell *cell)
{
    const struct docx_text_style style = {
        language_of(body->source, block),
        is_right_to_left(block),
    };

    docx_paragraph_begin(body, &(struct docx_paragraph){
                                   .style = DOCX_STYLE_CELL,
                                   .is_right_to_left = style.is_right_to_left,
                               });
    if (cell != NULL)
        docx_text_write(body->text, body->part, str_of(cell->text), &style);
    docx_paragraph_end(body);
}

/* The cell that covers the place; returns the columns that it takes. */
static uint32_t write_cell(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                           const struct table_view *view, uint32_t row, uint32_t column,
                           const int32_t widths[static DOCX_TABLE_COLUMNS_MAX])
{
    const struct table_view_cell *cell = table_view_at(view, row, column);
    const uint32_t span = cell != NULL ? cell->column_span : 1;
    const bool begins = cell != NULL && cell->row == row;
    struct xml_writer *part = body->part;
    int64_t width = 0;

    for (uint32_t i = 0; i < span; i++)
        width += widths[column + i];
    xml_begin(part, "w:tc");
    xml_begin(part, "w:tcPr");
    xml_begin(part, "w:tcW");
    xml_attribute_int(part, "w:w", width);
    xml_attribute(part, "w:type", "dxa");
    xml_end(part);
    if (span > 1)
        xml_value_int(part, "w:gridSpan", "w:val", span);
    if (cell != NULL && cell->row_span > 1)
        xml_value(part, "w:vMerge", "w:val", begins ? "restart" : "continue");
    if (cell != NULL && cell->cell->is_header) {
        xml_begin(part, "w:shd");
        xml_attribute(part, "w:val", "clear");
        xml_attribute(part, "w:color", "auto");
        xml_attribute(part, "w:fill", "F2F2F2");
        xml_end(part);
    }
    xml_end(part);
    write_text(body, block, begins ? cell->cell : NULL);
    xml_end(part);
    return span;
}

static void write_row(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                      const struct table_view *view, uint32_t row, bool is_header,
                      const int32_t widths[static DOCX_TABLE_COLUMNS_MAX])
{
    xml_begin(body->part, "w:tr");
    xml_begin(body->part, "w:trPr");
    xml_empty(body->part, "w:cantSplit");
    if (is_header)
        xml_empty(body->part, "w:tblHeader");
    xml_end(body->part);
    for (uint32_t column = 0; column < view->column_count;)
        column += write_cell(body, block, view, row, column, widths);
    xml_end(body->part);
}

static void write_table(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                        const struct table_view *view)
{
    uint32_t header_row_count = table_view_header_rows(view);
    int32_t widths[DOCX_TABLE_COLUMNS_MAX];

    /* Word makes one table of two that touch, and a table breaks no page by itself. */
    if (body->is_after_table || body->breaks_page) {
        docx_paragraph_begin(body, &(struct docx_paragraph){.style = DOCX_STYLE_SEPARATOR});
        docx_paragraph_end(body);
    }
    set_widths(view, block, body, widths);
    xml_begin(body->part, "w:tbl");
    write_properties(body, block, view, header_row_count, widths);
    for (uint32_t row = 0; row < view->row_count; row++)
        if (has_cells(view, row))
            write_row(body, block, view, row, row < header_row_count, widths);
    xml_end(body->part);
    body->is_after_table = true;
}

/* Whether a cell of the table lies in its grid. */
static bool has_any_cell(const struct table_view *view, size_t cell_count)
{
    for (size_t i = 0; i < cell_count; i++)
        if (view->cells[i].row_span > 0)
            return true;
    return false;
}

bool docx_table_fits(const Ocrmesh__Document__V1__Block *block)
{
    return table_view_is_table(block) && block->table->n_cells > 0 &&
           block->table->column_count <= DOCX_TABLE_COLUMNS_MAX;
}

void docx_table_write(struct docx_body *body, const Ocrmesh__Document__V1__Block *block)
{
    _cleanup_(table_view_deinit) struct table_view view = {0};
    struct status st;

    if (table_view_init(&view, block->table, &st) != STATUS_OK)
        xml_fail_memory(body->part);
    else if (has_any_cell(&view, block->table->n_cells))
        write_table(body, block, &view);
}
