#include <inttypes.h>

#include "services/export/html/block.h"
#include "services/export/page/table_view.h"

/* A header cell heads its column where all cells that begin in its row are headers, else its row.
 */
static bool is_header_row(const struct table_view *view, uint32_t row)
{
    for (uint32_t column = 0; column < view->column_count; column++) {
        const struct table_view_cell *at = table_view_at(view, row, column);

        if (at != NULL && at->row == row && !at->cell->is_header)
            return false;
    }
    return true;
}

static void write_cell(struct xml_writer *writer, const struct table_view_cell *at,
                       bool heads_column, bool has_own_direction)
{
    xml_begin(writer, at->cell->is_header ? "th" : "td");
    if (at->cell->is_header)
        xml_attribute(writer, "scope", heads_column ? "col" : "row");
    if (at->row_span > 1)
        xml_attributef(writer, "rowspan", "%" PRIu32, at->row_span);
    if (at->column_span > 1)
        xml_attributef(writer, "colspan", "%" PRIu32, at->column_span);
    if (has_own_direction)
        xml_attribute(writer, "dir", "auto");
    html_lines_write(writer, str_of(at->cell->text));
    xml_end_full(writer);
}

static void write_row(struct xml_writer *writer, const struct table_view *view, uint32_t row,
                      bool has_own_directions)
{
    bool heads_columns = is_header_row(view, row);

    xml_begin(writer, "tr");
    for (uint32_t column = 0; column < view->column_count; column++) {
        const struct table_view_cell *at = table_view_at(view, row, column);

        if (at == NULL) {
            xml_element(writer, "td", "");
            continue;
        }
        if (at->row == row && at->column == column)
            write_cell(writer, at, heads_columns, has_own_directions);
    }
    xml_end_full(writer);
    xml_raw(writer, "\n");
}

void html_table_write(struct format_run *run, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block)
{
    struct html_state *state = run->state;
    struct xml_writer *writer = state->writer;
    _cleanup_(table_view_deinit) struct table_view view = {0};
    struct status st = {0};

    if (table_view_init(&view, block->table, &st) != STATUS_OK) {
        sink_fail(run->sink, &st);
        return;
    }
    /* Scrolls by itself where it is wider than the window, also by the keyboard. */
    xml_begin(writer, "div");
    xml_attribute(writer, "class", "table");
    xml_attribute(writer, "role", "region");
    xml_attribute(writer, "aria-label", "Table");
    xml_attribute(writer, "tabindex", "0");
    html_direction_write(state, page, block);
    xml_begin(writer, "table");
    xml_raw(writer, "\n");
    xml_begin(writer, "tbody");
    xml_raw(writer, "\n");
    for (uint32_t row = 0; row < view.row_count; row++)
        write_row(writer, &view, row,
                  block->direction ==
                      OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_UNSPECIFIED);
    xml_end_full(writer);
    xml_end_full(writer);
    xml_end_full(writer);
    xml_raw(writer, "\n");
}
