#include "services/ocr/worker/markdown_table.h"

#include "services/ocr/worker/markdown_text.h"

static bool has_spans(const struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        if (table->cells[i].row_span > 1 || table->cells[i].column_span > 1)
            return true;
    return false;
}

/* --- GFM --- */

/* A cell is one line: its lines are joined. */
static bool append_pipe_cell(struct buf *out, const struct page *page, const char *text)
{
    struct str rest = str_of(text), line;
    bool is_first = true;

    while (str_next_token(&rest, '\n', &line)) {
        if (!is_first && !buf_append_char(out, ' '))
            return false;
        if (!markdown_append_text(out, page, line, false))
            return false;
        is_first = false;
    }
    return true;
}

static bool append_pipe_rule(struct buf *out, uint32_t columns)
{
    for (uint32_t c = 0; c < columns; c++)
        if (!buf_append_str(out, c == 0 ? "| --- |" : " --- |"))
            return false;
    return true;
}

static bool append_pipes(struct buf *out, const struct page *page, const struct table *table)
{
    size_t at = 0;

    for (uint32_t row = 0; row < table->row_count; row++) {
        if (row > 0 && !buf_append_char(out, '\n'))
            return false;
        for (uint32_t column = 0; column < table->column_count; column++) {
            const struct table_cell *cell = at < table->cell_count ? &table->cells[at] : NULL;
            bool is_here = cell != NULL && cell->row == row && cell->column == column;
            if (!buf_append_str(out, column == 0 ? "| " : " ") ||
                (is_here && !append_pipe_cell(out, page, cell->text)) ||
                !buf_append_str(out, is_here ? " |" : "|"))
                return false;
            at += is_here;
        }
        if (row == 0 &&
            (!buf_append_char(out, '\n') || !append_pipe_rule(out, table->column_count)))
            return false;
    }
    return true;
}

/* --- HTML --- */

static bool append_html_text(struct buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool is_added = *c == '&'    ? buf_append_str(out, "&amp;")
                        : *c == '<'  ? buf_append_str(out, "&lt;")
                        : *c == '>'  ? buf_append_str(out, "&gt;")
                        : *c == '\n' ? buf_append_str(out, "<br>")
                                     : buf_append_char(out, *c);
        if (!is_added)
            return false;
    }
    return true;
}

static bool append_html_cell(struct buf *out, const struct table_cell *cell)
{
    const char *tag = cell->is_header ? "th" : "td";

    return buf_printf(out, "<%s", tag) &&
           (cell->row_span == 1 || buf_printf(out, " rowspan=\"%u\"", cell->row_span)) &&
           (cell->column_span == 1 || buf_printf(out, " colspan=\"%u\"", cell->column_span)) &&
           buf_append_char(out, '>') && append_html_text(out, cell->text) &&
           buf_printf(out, "</%s>", tag);
}

/* Rows that cells from above still cover, by column. */
struct covered {
    uint32_t rows[TABLE_COLUMNS_MAX];
};

static bool append_html(struct buf *out, const struct table *table)
{
    struct covered covered = {0};
    size_t at = 0;

    if (!buf_append_str(out, "<table>\n"))
        return false;
    for (uint32_t row = 0; row < table->row_count; row++) {
        if (!buf_append_str(out, "<tr>"))
            return false;
        for (uint32_t column = 0; column < table->column_count;) {
            const struct table_cell *cell = at < table->cell_count ? &table->cells[at] : NULL;
            if (covered.rows[column] > 0) {
                covered.rows[column++]--;
            } else if (cell != NULL && cell->row == row && cell->column == column) {
                if (!append_html_cell(out, cell))
                    return false;
                for (uint32_t i = 0; i < cell->column_span; i++)
                    covered.rows[column++] = cell->row_span - 1;
                at++;
            } else {
                if (!buf_append_str(out, "<td></td>"))
                    return false;
                column++;
            }
        }
        if (!buf_append_str(out, "</tr>\n"))
            return false;
    }
    return buf_append_str(out, "</table>");
}

bool markdown_append_table(struct buf *out, const struct page *page, const struct table *table)
{
    return has_spans(table) ? append_html(out, table) : append_pipes(out, page, table);
}
