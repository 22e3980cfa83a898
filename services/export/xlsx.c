/*
 * xlsx: a spreadsheet (ECMA-376, SpreadsheetML) of the document's tables, a sheet for each, named
 * by its page and its number there: "Page 3, table 2". Spans are merged cells, header rows stay in
 * sight, and what is plainly a number (xlsx/number.h) is one. A document without tables has one
 * sheet, "Lines", with a row for each line of text: page, box, confidence.
 *
 * Sheets are written as tables come; the workbook, which names them, comes after them. Tables
 * beyond XLSX_SHEETS_MAX follow each other on one last sheet, each under a row with its name,
 * without merged cells. What Excel's limits cut is said in the sheet.
 *
 * Text is never a formula there, so the option that neutralises them is taken and changes nothing.
 */

#include "services/export/format.h"
#include "services/export/office/properties.h"
#include "services/export/page/page_lines.h"
#include "services/export/xlsx/book.h"

#define SHEET_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const struct package_type types[] = {
    {.extension = "rels", .type = PACKAGE_TYPE_RELATIONSHIPS},
    {.extension = "xml", .type = SHEET_TYPE "worksheet+xml"},
    {.part = "/xl/workbook.xml", .type = SHEET_TYPE "sheet.main+xml"},
    {.part = "/xl/styles.xml", .type = SHEET_TYPE "styles+xml"},
    {.part = "/docProps/core.xml", .type = PACKAGE_TYPE_CORE},
};

/* --- tables --- */

static void begin_tables(struct format_run *run)
{
    struct xlsx_book *book = run->state;

    book->package = package_new(run->sink);
    if (book->package == NULL) {
        sink_fail_memory(run->sink);
        return;
    }
    package_types_write(book->package, types, ARRAY_LENGTH(types));
    package_root_write(book->package, "xl/workbook.xml");
    sink_flush(run->sink);
}

static void tables_of_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct xlsx_table_name name = {.page = page->index + 1};
    struct status st;

    for (size_t i = 0; i < page->n_blocks && !run->sink->has_failed; i++) {
        if (!table_view_is_table(page->blocks[i]))
            continue;
        name.table++;
        if (xlsx_table_write(run->state, page->blocks[i], name, &st) != STATUS_OK)
            sink_fail(run->sink, &st);
    }
}

static void write_rest(struct format_run *run)
{
    struct xlsx_book *book = run->state;

    xlsx_book_end(book);
    package_core_write(book->package, run->job, "");
    package_close(book->package);
}

static bool has_no_tables(const struct format_run *run)
{
    const struct xlsx_book *book = run->state;

    return book->sheet_count == 0;
}

static void end_tables(struct format_run *run)
{
    struct xlsx_book *book = run->state;

    if (book->has_last) {
        xlsx_rows_end(book->part);
        xlsx_book_end_sheet(book);
    }
    if (!run->sink->has_failed && !has_no_tables(run))
        write_rest(run);
}

/* --- lines, where there are no tables --- */

static void begin_lines(struct format_run *run)
{
    static const char *const names[] = {"page", "x0", "y0", "x1", "y1", "confidence", "text"};
    static const uint32_t widths[] = {8, 8, 8, 8, 8, 11, XLSX_WIDTH_MAX};
    struct xlsx_book *book = run->state;

    book->has_lines = true;
    xlsx_book_begin_sheet(book, &(struct xlsx_sheet_options){
                                    .widths = widths,
                                    .column_count = ARRAY_LENGTH(widths),
                                    .frozen_rows = 1,
                                });
    xlsx_row_begin(book->part, book->row);
    for (uint32_t i = 0; i < ARRAY_LENGTH(names); i++)
        xlsx_cell_text(book->part, book->row, i, XLSX_STYLE_HEADER, names[i]);
    xlsx_row_end(book->part);
    book->row++;
}

/* A page_line_function. */
static void write_line(void *arg, const struct page_line *line)
{
    struct format_run *run = arg;
    struct xlsx_book *book = run->state;
    struct xml_writer *part = book->part;

    if (run->sink->has_failed || !xlsx_book_has_room(book))
        return;
    xlsx_row_begin(part, book->row);
    xlsx_cell_number(part, book->row, 0, (double)line->page_number, 0);
    if (line->bbox != NULL) {
        const int32_t sides[] = {line->bbox->x0, line->bbox->y0, line->bbox->x1, line->bbox->y1};

        for (uint32_t i = 0; i < ARRAY_LENGTH(sides); i++)
            xlsx_cell_number(part, book->row, 1 + i, sides[i], 0);
    }
    xlsx_cell_number(part, book->row, 5, line->confidence, 4);
    xlsx_cell_text(part, book->row, 6, XLSX_STYLE_TEXT, line->text);
    xlsx_row_end(part);
    book->row++;
}

static void lines_of_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    if (page->error != NULL)
        write_line(run, &(struct page_line){.page_number = (uint64_t)page->index + 1,
                                            .text = page->error->message});
    if (!page_lines_each(page, write_line, run))
        sink_fail_memory(run->sink);
}

static void end_lines(struct format_run *run)
{
    struct xlsx_book *book = run->state;

    if (run->sink->has_failed)
        return;
    xlsx_rows_end(book->part);
    xlsx_book_end_sheet(book);
    write_rest(run);
}

static void cleanup(void *state)
{
    struct xlsx_book *book = state;

    xml_writer_free(book->part);
    package_free(book->package);
}

static const struct format_pass passes[] = {
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS,
     .begin = begin_tables,
     .page = tables_of_page,
     .end = end_tables},
    {.view = OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL,
     .begin = begin_lines,
     .page = lines_of_page,
     .end = end_lines,
     .is_wanted = has_no_tables},
};

const struct format format_xlsx = {
    .name = "xlsx",
    .media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    .extension = ".xlsx",
    .description = "A spreadsheet with a sheet for each table, or with the lines of text.",
    .revision = 1,
    .option_mask = FORMAT_OPTION_FORMULAS,
    .state_size = sizeof(struct xlsx_book),
    .cleanup = cleanup,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
