#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/export/xlsx/book.h"

enum {
    WIDTH_MIN = 8, /* characters */
    NOTE_MAX_BYTES = 160,
};

static void write_row(struct xlsx_book *book, const struct table_view *view, uint32_t row)
{
    bool is_open = false;

    for (uint32_t column = 0; column < view->column_count; column++) {
        const struct table_view_cell *cell = table_view_at(view, row, column);

        if (cell == NULL || cell->row != row || cell->column != column ||
            cell->cell->text[0] == '\0')
            continue;
        if (!is_open)
            xlsx_row_begin(book->part, book->row);
        is_open = true;
        if (cell->cell->is_header)
            xlsx_cell_text(book->part, book->row, column, XLSX_STYLE_HEADER, cell->cell->text);
        else
            xlsx_cell_value(book->part, book->row, column, cell->cell->text);
    }
    if (is_open)
        xlsx_row_end(book->part);
    book->row++;
}

static void write_rows(struct xlsx_book *book, const Ocrmesh__Document__V1__Table *table,
                       const struct table_view *view)
{
    char note[NOTE_MAX_BYTES];

    for (uint32_t row = 0; row < view->row_count && xlsx_book_has_room(book); row++)
        write_row(book, view, row);
    if (view->row_count == table->row_count && view->column_count == table->column_count)
        return;
    (void)snprintf(note, sizeof(note),
                   "Cut: the table has %" PRIu32 " rows and %" PRIu32 " columns, of which %" PRIu32
                   " and %" PRIu32 " are here.",
                   table->row_count, table->column_count, view->row_count, view->column_count);
    if (xlsx_book_has_room(book))
        xlsx_book_note(book, note);
}

static bool is_merged(const struct table_view_cell *cell)
{
    return cell->row_span > 0 && (cell->row_span > 1 || cell->column_span > 1);
}

static void write_merges(struct xlsx_book *book, const struct table_view *view, size_t cell_count)
{
    size_t count = 0;

    for (size_t i = 0; i < cell_count; i++)
        count += is_merged(&view->cells[i]);
    if (count == 0)
        return;
    xlsx_merges_begin(book->part, count);
    for (size_t i = 0; i < cell_count; i++)
        if (is_merged(&view->cells[i]))
            xlsx_merge(book->part, view->cells[i].row, view->cells[i].column,
                       view->cells[i].row_span, view->cells[i].column_span);
    xlsx_merges_end(book->part);
}

/* Characters of the longest line of a cell. */
static uint32_t width_of(const char *text)
{
    struct str rest = str_of(text);
    struct str line;
    size_t width = WIDTH_MIN;

    while (str_next_token(&rest, '\n', &line)) {
        size_t own = 2;

        for (size_t i = 0; i < line.n; i++)
            own += ((unsigned char)line.p[i] & 0xC0) != 0x80;
        width = own > width ? own : width;
    }
    return width < XLSX_WIDTH_MAX ? (uint32_t)width : XLSX_WIDTH_MAX;
}

/* One sheet of its own. */
static void write_sheet(struct xlsx_book *book, const Ocrmesh__Document__V1__Block *block,
                        const struct table_view *view, uint32_t *widths)
{
    uint32_t header_row_count = table_view_header_rows(view);
    const struct xlsx_sheet_options options = {
        .widths = widths,
        .column_count = view->column_count,
        .frozen_rows = header_row_count < view->row_count ? header_row_count : 0,
        .is_right_to_left =
            block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT,
    };

    for (uint32_t i = 0; i < view->column_count; i++)
        widths[i] = WIDTH_MIN;
    for (size_t i = 0; i < block->table->n_cells; i++) {
        const struct table_view_cell *cell = &view->cells[i];

        if (cell->row_span > 0 && cell->column_span == 1 &&
            width_of(cell->cell->text) > widths[cell->column])
            widths[cell->column] = width_of(cell->cell->text);
    }
    xlsx_book_begin_sheet(book, &options);
    write_rows(book, block->table, view);
    xlsx_rows_end(book->part);
    write_merges(book, view, block->table->n_cells);
    xlsx_book_end_sheet(book);
}

void xlsx_table_set_name(char name[static XLSX_NAME_SIZE], struct xlsx_table_name table)
{
    (void)snprintf(name, XLSX_NAME_SIZE, "Page %" PRIu32 ", table %" PRIu32, table.page,
                   table.table);
}

/* Beneath the tables before it. */
static void write_beneath(struct xlsx_book *book, const Ocrmesh__Document__V1__Block *block,
                          const struct table_view *view, struct xlsx_table_name table)
{
    char name[XLSX_NAME_SIZE];

    if (!book->has_last) {
        xlsx_book_begin_sheet(book, &(struct xlsx_sheet_options){0});
        book->has_last = true;
    }
    xlsx_table_set_name(name, table);
    if (xlsx_book_has_room(book))
        xlsx_book_note(book, name);
    write_rows(book, block->table, view);
}

status_code xlsx_table_write(struct xlsx_book *book, const Ocrmesh__Document__V1__Block *block,
                             struct xlsx_table_name name, struct status *st)
{
    _cleanup_(table_view_deinit) struct table_view view = {0};
    _cleanup_(freep) uint32_t *widths = NULL;

    TRY(table_view_init(&view, block->table, st));
    widths = calloc(view.column_count, sizeof(*widths));
    if (widths == NULL)
        return FAIL_MEMORY(st);
    if (book->sheet_count < XLSX_SHEETS_MAX && !book->has_last) {
        book->names[book->sheet_count] = name;
        write_sheet(book, block, &view, widths);
    } else {
        write_beneath(book, block, &view, name);
    }
    return STATUS_OK;
}
