/*
 * csv: RFC 4180 rows, "\r\n" at their ends, in UTF-8.
 *
 * Of a document with tables: each table's rows, every row with all its columns; an empty line
 * between tables. A cell that spans stands in its first place, the other places that it covers are
 * empty, as in a spreadsheet's merged cells. The fields of a single column are always quoted, so
 * that an empty line is the end of a table and nothing else. With `table` only that table of the
 * document, counted from 1; without a table of that number the file fails.
 *
 * Of a document without: a row for each line of text, under the names
 *
 *     page,x0,y0,x1,y1,confidence,text
 *
 * `page` counts from 1; the box is in pixels of the upright page image and empty where it is not
 * known; `confidence` is 0 to 1. The names stand there even when there is no line.
 */

#include <inttypes.h>
#include <stdio.h>

#include "services/export/csv/field.h"
#include "services/export/format.h"
#include "services/export/page/page_lines.h"
#include "services/export/page/plain_text.h"
#include "services/export/page/table_view.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";
static const char line_header[] = "page,x0,y0,x1,y1,confidence,text\r\n";

enum { TEXT_MAX_BYTES = 64 << 20 }; /* of a page, U+FFFD for each of its bytes */

struct csv_state {
    uint32_t table_count; /* seen so far */
    bool has_table;       /* one was written */
};

static void write_field(struct format_run *run, const char *text, unsigned flags)
{
    _cleanup_(buf_deinit) struct buf scratch;
    const char *clean;
    struct status st = {0};

    buf_init(&scratch, TEXT_MAX_BYTES);
    clean = plain_text_clean(text, &scratch);
    if (clean == NULL) {
        (void)FAIL_MEMORY(&st);
        sink_fail(run->sink, &st);
        return;
    }
    if (run->options.neutralizes_formulas)
        flags |= CSV_FIELD_NEUTRAL;
    csv_field_write(run->sink, clean, flags);
}

static void end_row(struct format_run *run)
{
    sink_append_text(run->sink, "\r\n");
}

/* --- tables --- */

static void write_table(struct format_run *run, const struct table_view *view)
{
    /* An empty line is the end of a table. */
    unsigned flags = view->column_count == 1 ? CSV_FIELD_QUOTED : 0;

    for (uint32_t row = 0; row < view->row_count; row++) {
        for (uint32_t column = 0; column < view->column_count; column++) {
            const struct table_view_cell *at = table_view_at(view, row, column);
            bool is_first = at != NULL && at->row == row && at->column == column;

            if (column > 0)
                sink_append(run->sink, ",", 1);
            write_field(run, is_first ? at->cell->text : "", flags);
        }
        end_row(run);
    }
}

static void take_table(struct format_run *run, const Ocrmesh__Document__V1__Table *table)
{
    struct csv_state *state = run->state;
    _cleanup_(table_view_deinit) struct table_view view = {0};
    struct status st = {0};

    state->table_count++;
    if (run->options.table != 0 && state->table_count != run->options.table)
        return;
    if (table_view_init(&view, table, &st) != STATUS_OK) {
        sink_fail(run->sink, &st);
        return;
    }
    if (state->has_table)
        end_row(run);
    state->has_table = true;
    write_table(run, &view);
}

static void begin_tables(struct format_run *run)
{
    if (run->options.has_byte_order_mark)
        sink_append_text(run->sink, byte_order_mark);
}

static void tables_of_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    for (size_t i = 0; i < page->n_blocks; i++)
        if (table_view_is_table(page->blocks[i]))
            take_table(run, page->blocks[i]->table);
}

static void end_tables(struct format_run *run)
{
    const struct csv_state *state = run->state;
    struct status st = {0};

    if (run->options.table == 0 || state->has_table)
        return;
    if (state->table_count == 0)
        (void)FAIL_FIELD(&st, "table", "INVALID_FIELD",
                         "this document has no tables; without table it gives its lines");
    else
        (void)FAIL_FIELD(&st, "table", "INVALID_FIELD",
                         "there is no table %" PRIu32 "; this document has %" PRIu32 "%s",
                         run->options.table, state->table_count,
                         state->table_count == 1 ? ", number 1" : ", counted from 1");
    sink_fail(run->sink, &st);
}

/* --- lines, where there are no tables --- */

static bool has_no_tables(const struct format_run *run)
{
    return ((const struct csv_state *)run->state)->table_count == 0;
}

static void begin_lines(struct format_run *run)
{
    sink_append_text(run->sink, line_header);
}

/* A page_line_function. */
static void write_line(void *arg, const struct page_line *line)
{
    struct format_run *run = arg;
    const Ocrmesh__Document__V1__BoundingBox *bbox = line->bbox;

    sink_printf(run->sink, "%" PRIu64 ",", line->page_number);
    if (bbox != NULL)
        sink_printf(run->sink, "%" PRId32 ",%" PRId32 ",%" PRId32 ",%" PRId32 ",", bbox->x0,
                    bbox->y0, bbox->x1, bbox->y1);
    else
        sink_append_text(run->sink, ",,,,");
    sink_printf(run->sink, "%.4f,", line->confidence);
    write_field(run, line->text, 0);
    end_row(run);
}

static void lines_of_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    if (!page_lines_each(page, write_line, run))
        sink_fail_memory(run->sink);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS,
     .begin = begin_tables,
     .page = tables_of_page,
     .end = end_tables},
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
     .begin = begin_lines,
     .page = lines_of_page,
     .is_wanted = has_no_tables},
};

const struct format format_csv = {
    .name = "csv",
    .media_type = "text/csv; charset=utf-8",
    .extension = ".csv",
    .description = "The rows of the document's tables, or of its lines when there are none.",
    .revision = 1,
    .option_mask = FORMAT_OPTION_TABLE | FORMAT_OPTION_BYTE_ORDER_MARK | FORMAT_OPTION_FORMULAS,
    .state_size = sizeof(struct csv_state),
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
