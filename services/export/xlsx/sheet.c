#include "services/export/xlsx/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/ascii.h"
#include "services/export/page/plain_text.h"
#include "services/export/xlsx/number.h"

static const char cut_note[] = " [cut: a cell holds 32,767 characters]";

enum {
    REFERENCE_SIZE = 24,
    LETTERS = 26,
    ESCAPE_LENGTH = 7, /* "_x0041_" */
};

/* "C5" of row 4, column 2. */
static void set_reference(char reference[static REFERENCE_SIZE], uint32_t row, uint32_t column)
{
    char letters[8];
    size_t start = sizeof(letters) - 1;

    letters[start] = '\0';
    for (uint64_t rest = (uint64_t)column + 1; rest > 0; rest = (rest - 1) / LETTERS)
        letters[--start] = (char)('A' + (rest - 1) % LETTERS);
    (void)snprintf(reference, REFERENCE_SIZE, "%s%" PRIu64, letters + start, (uint64_t)row + 1);
}

/* --- the sheet --- */

static void write_view(struct xml_writer *part, const struct xlsx_sheet_options *options)
{
    char below[REFERENCE_SIZE];

    xml_begin(part, "sheetViews");
    xml_begin(part, "sheetView");
    if (options->is_right_to_left)
        xml_attribute(part, "rightToLeft", "1");
    xml_attribute(part, "workbookViewId", "0");
    if (options->frozen_rows > 0) {
        set_reference(below, options->frozen_rows, 0);
        xml_begin(part, "pane");
        xml_attribute_int(part, "ySplit", options->frozen_rows);
        xml_attribute(part, "topLeftCell", below);
        xml_attribute(part, "activePane", "bottomLeft");
        xml_attribute(part, "state", "frozen");
        xml_end(part);
    }
    xml_end(part);
    xml_end(part);
}

void xlsx_sheet_begin(struct xml_writer *part, const struct xlsx_sheet_options *options)
{
    xml_begin(part, "worksheet");
    xml_attribute(part, "xmlns", XLSX_NAMESPACE);
    write_view(part, options);
    if (options->column_count > 0) {
        xml_begin(part, "cols");
        for (uint32_t i = 0; i < options->column_count; i++) {
            xml_begin(part, "col");
            xml_attribute_int(part, "min", (int64_t)i + 1);
            xml_attribute_int(part, "max", (int64_t)i + 1);
            xml_attribute_int(part, "width", options->widths[i]);
            xml_attribute(part, "customWidth", "1");
            xml_end(part);
        }
        xml_end(part);
    }
    xml_begin(part, "sheetData");
}

void xlsx_row_begin(struct xml_writer *part, uint32_t row)
{
    xml_begin(part, "row");
    xml_attribute_int(part, "r", (int64_t)row + 1);
}

void xlsx_row_end(struct xml_writer *part)
{
    xml_end(part);
}

void xlsx_rows_end(struct xml_writer *part)
{
    xml_end(part);
}

void xlsx_merges_begin(struct xml_writer *part, size_t count)
{
    xml_begin(part, "mergeCells");
    xml_attribute_int(part, "count", (int64_t)count);
}

void xlsx_merge(struct xml_writer *part, uint32_t row, uint32_t column, uint32_t row_span,
                uint32_t column_span)
{
    char first[REFERENCE_SIZE];
    char last[REFERENCE_SIZE];

    set_reference(first, row, column);
    set_reference(last, row + row_span - 1, column + column_span - 1);
    xml_begin(part, "mergeCell");
    xml_attributef(part, "ref", "%s:%s", first, last);
    xml_end(part);
}

void xlsx_merges_end(struct xml_writer *part)
{
    xml_end(part);
}

void xlsx_sheet_end(struct xml_writer *part)
{
    xml_end(part);
}

/* --- cells --- */

static void begin_cell(struct xml_writer *part, uint32_t row, uint32_t column, unsigned style)
{
    char reference[REFERENCE_SIZE];

    set_reference(reference, row, column);
    xml_begin(part, "c");
    xml_attribute(part, "r", reference);
    xml_attribute_int(part, "s", style);
}

/* Whether the text begins with what SpreadsheetML takes for a character by its number (§22.9.2.19):
 * "_x0041_". */
static bool is_escape(struct str text)
{
    if (text.n < ESCAPE_LENGTH || text.p[0] != '_' || text.p[1] != 'x' || text.p[6] != '_')
        return false;
    for (int i = 2; i < 6; i++)
        if (!ascii_is_hex_digit(text.p[i]))
            return false;
    return true;
}

/* The bytes of the text that a cell holds; *ret_is_cut: not all of it. */
static size_t fitting_length(struct str text, bool *ret_is_cut)
{
    const size_t room = XLSX_TEXT_MAX_UNITS - sizeof(cut_note);
    size_t units = 0;
    size_t fitting = 0; /* with the note */
    size_t i = 0;

    while (i < text.n && units <= XLSX_TEXT_MAX_UNITS) {
        struct str piece;

        if (units <= room - ESCAPE_LENGTH)
            fitting = i;
        /* An escape takes seven units where one is meant. */
        units += is_escape((struct str){text.p + i, text.n - i}) ? ESCAPE_LENGTH : 0;
        i += plain_text_next((struct str){text.p + i, text.n - i}, &piece);
        units += piece.n > 3 ? 2 : piece.n > 0;
    }
    *ret_is_cut = units > XLSX_TEXT_MAX_UNITS;
    return *ret_is_cut ? fitting : text.n;
}

/* The text, with what looks like an escape made one of its underscore. */
static void write_escaped(struct xml_writer *part, struct str text)
{
    size_t start = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (is_escape((struct str){text.p + i, text.n - i})) {
            xml_text_str(part, (struct str){text.p + start, i - start});
            xml_text(part, "_x005F");
            start = i;
        }
    }
    xml_text_str(part, (struct str){text.p + start, text.n - start});
}

void xlsx_cell_text(struct xml_writer *part, uint32_t row, uint32_t column, xlsx_style style,
                    const char *text)
{
    struct str whole = str_of(text);
    bool is_cut;
    size_t length = fitting_length(whole, &is_cut);

    begin_cell(part, row, column, style);
    xml_attribute(part, "t", "inlineStr");
    xml_begin(part, "is");
    xml_begin(part, "t");
    xml_attribute(part, "xml:space", "preserve");
    write_escaped(part, (struct str){whole.p, length});
    if (is_cut)
        xml_text(part, cut_note);
    xml_end(part);
    xml_end(part);
    xml_end(part);
}

/* Styles of numbers: by decimals, then the same with groups. */
static unsigned number_style(unsigned decimals, bool is_grouped)
{
    return XLSX_STYLE_NUMBERS + decimals + (is_grouped ? XLSX_NUMBER_DECIMALS_MAX + 1 : 0);
}

static void write_number(struct xml_writer *part, uint32_t row, uint32_t column, const char *value,
                         unsigned style)
{
    begin_cell(part, row, column, style);
    xml_element(part, "v", value);
    xml_end(part);
}

void xlsx_cell_value(struct xml_writer *part, uint32_t row, uint32_t column, const char *text)
{
    struct xlsx_number number;

    if (xlsx_number_read(str_of(text), &number))
        write_number(part, row, column, number.text,
                     number_style(number.decimals, number.is_grouped));
    else
        xlsx_cell_text(part, row, column, XLSX_STYLE_TEXT, text);
}

void xlsx_cell_number(struct xml_writer *part, uint32_t row, uint32_t column, double value,
                      unsigned decimals)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%.*f", (int)decimals, value);
    write_number(part, row, column, text, number_style(decimals, false));
}
