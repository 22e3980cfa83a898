#pragma once

/*
 * The workbook of the xlsx format while it is written: its sheets, and the tables on them. No use
 * outside of the xlsx format.
 */

#include "services/export/page/table_view.h"
#include "services/export/xlsx/sheet.h"

enum {
    /* Each is a part of its own, which office programs read as a whole. */
    XLSX_SHEETS_MAX = 1000,
    XLSX_NAME_SIZE = 32, /* 31 characters, as Excel has it */
    XLSX_WIDTH_MAX = 60, /* characters of a column */
};

struct xlsx_table_name {
    uint32_t page;  /* from 1, in the document */
    uint32_t table; /* from 1, on the page */
};

struct xlsx_book {
    struct package *package;
    struct xml_writer *part; /* the sheet under way; NULL: none is */
    struct xlsx_table_name names[XLSX_SHEETS_MAX];
    uint32_t sheet_count; /* that have ended */
    uint32_t row;         /* next one of the sheet under way */
    bool is_cut;          /* it has no more rows */
    bool has_last;        /* tables follow each other on the sheet under way */
    bool has_lines;       /* the one sheet is that of lines */
};

void xlsx_book_begin_sheet(struct xlsx_book *book, const struct xlsx_sheet_options *options);
/* After xlsx_rows_end() and what follows it. */
void xlsx_book_end_sheet(struct xlsx_book *book);
/* Whether the sheet takes another row; the last one is for a note that it takes no more. */
bool xlsx_book_has_room(struct xlsx_book *book);
/* A row that says something of the sheet. */
void xlsx_book_note(struct xlsx_book *book, const char *note);
/* What lists the sheets, after the last one. */
void xlsx_book_end(struct xlsx_book *book);

/* xlsx/table.c: a table, on a sheet of its own or beneath others on the last one. Fails when out of
 * memory. */
status_code xlsx_table_write(struct xlsx_book *book, const Ocrmesh__Document__V1__Block *block,
                             struct xlsx_table_name name, struct status *st) _must_check_;
void xlsx_table_set_name(char name[static XLSX_NAME_SIZE], struct xlsx_table_name table);
