#pragma once

/*
 * A sheet of a spreadsheet (ECMA-376 part 1, §18.3.1.99), written row by row as it is made. Texts
 * are inline strings: a spreadsheet never takes them for formulas.
 *
 * Excel's limits are kept, and what they cut is said in the sheet: a text of more than
 * XLSX_TEXT_MAX_UNITS ends in a note. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/export/office/part.h"

/* Of Excel. */
enum {
    XLSX_ROWS_MAX = 1048576,
    XLSX_COLUMNS_MAX = 16384,
    XLSX_TEXT_MAX_UNITS = 32767, /* of UTF-16, of one cell */
};

#define XLSX_NAMESPACE "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

/* How a cell looks; numbers have styles of their own. */
typedef enum {
    XLSX_STYLE_TEXT,
    XLSX_STYLE_HEADER,
    XLSX_STYLE_NOTE,
    XLSX_STYLE_NUMBERS, /* the first of the numbers' */
} xlsx_style;

struct xlsx_column {
    uint32_t width; /* characters */
};

struct xlsx_sheet_options {
    const uint32_t *widths; /* of columns, in characters */
    uint32_t column_count;
    uint32_t frozen_rows; /* that stay in sight */
    bool is_right_to_left;
};

/* Begins a sheet. @part: borrowed until its end. */
void xlsx_sheet_begin(struct xml_writer *part, const struct xlsx_sheet_options *options);
/* @row: from 0, each larger than the one before. */
void xlsx_row_begin(struct xml_writer *part, uint32_t row);
void xlsx_row_end(struct xml_writer *part);
/* @column: from 0, each larger than the one before in the row. */
void xlsx_cell_text(struct xml_writer *part, uint32_t row, uint32_t column, xlsx_style style,
                    const char *text);
/* As a number where the text plainly is one (xlsx/number.h), else as text. */
void xlsx_cell_value(struct xml_writer *part, uint32_t row, uint32_t column, const char *text);
/* @decimals: at most 6. */
void xlsx_cell_number(struct xml_writer *part, uint32_t row, uint32_t column, double value,
                      unsigned decimals);
void xlsx_rows_end(struct xml_writer *part);
/* Between xlsx_rows_end() and xlsx_sheet_end(), `count` times after xlsx_merges_begin(). */
void xlsx_merges_begin(struct xml_writer *part, size_t count);
void xlsx_merge(struct xml_writer *part, uint32_t row, uint32_t column, uint32_t row_span,
                uint32_t column_span);
void xlsx_merges_end(struct xml_writer *part);
void xlsx_sheet_end(struct xml_writer *part);

/* Writes xl/styles.xml, which has what the cells refer to. */
void xlsx_styles_write(struct package *package);
