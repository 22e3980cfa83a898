#include "services/export/xlsx/book.h"

#include <inttypes.h>
#include <stdio.h>

#include "services/export/office/properties.h"

enum { PART_NAME_SIZE = 48 };

void xlsx_book_begin_sheet(struct xlsx_book *book, const struct xlsx_sheet_options *options)
{
    char name[PART_NAME_SIZE];

    (void)snprintf(name, sizeof(name), "xl/worksheets/sheet%" PRIu32 ".xml", book->sheet_count + 1);
    book->part = office_part_open(book->package, name);
    xlsx_sheet_begin(book->part, options);
    book->row = 0;
    book->is_cut = false;
}

void xlsx_book_end_sheet(struct xlsx_book *book)
{
    xlsx_sheet_end(book->part);
    office_part_close(book->package, TAKE(book->part));
    book->sheet_count++;
}

void xlsx_book_note(struct xlsx_book *book, const char *note)
{
    xlsx_row_begin(book->part, book->row);
    xlsx_cell_text(book->part, book->row, 0, XLSX_STYLE_NOTE, note);
    xlsx_row_end(book->part);
    book->row++;
}

bool xlsx_book_has_room(struct xlsx_book *book)
{
    if (!book->is_cut && book->row == XLSX_ROWS_MAX - 1) {
        xlsx_book_note(book, "Cut here: a sheet has 1,048,576 rows.");
        book->is_cut = true;
    }
    return !book->is_cut;
}

/* --- the workbook --- */

static void set_sheet_name(const struct xlsx_book *book, uint32_t sheet,
                           char name[static XLSX_NAME_SIZE])
{
    if (book->has_lines)
        (void)snprintf(name, XLSX_NAME_SIZE, "Lines");
    else if (sheet == XLSX_SHEETS_MAX)
        (void)snprintf(name, XLSX_NAME_SIZE, "Further tables");
    else
        xlsx_table_set_name(name, book->names[sheet]);
}

static void write_workbook(const struct xlsx_book *book)
{
    struct xml_writer *part = office_part_open(book->package, "xl/workbook.xml");

    xml_begin(part, "workbook");
    xml_attribute(part, "xmlns", XLSX_NAMESPACE);
    xml_attribute(part, "xmlns:r",
                  "http://schemas.openxmlformats.org/officeDocument/2006/"
                  "relationships");
    xml_begin(part, "sheets");
    for (uint32_t i = 0; i < book->sheet_count; i++) {
        char name[XLSX_NAME_SIZE];

        set_sheet_name(book, i, name);
        xml_begin(part, "sheet");
        xml_attribute(part, "name", name);
        xml_attribute_int(part, "sheetId", (int64_t)i + 1);
        xml_attributef(part, "r:id", "rIdSheet%" PRIu32, i + 1);
        xml_end(part);
    }
    xml_end(part);
    xml_end(part);
    office_part_close(book->package, part);
}

static void write_relationships(const struct xlsx_book *book)
{
    struct xml_writer *part =
        package_relationships_open(book->package, "xl/_rels/workbook.xml.rels");

    package_relationship(part, "rIdStyles", "styles", "styles.xml");
    for (uint32_t i = 1; i <= book->sheet_count; i++) {
        char id[PART_NAME_SIZE];
        char target[PART_NAME_SIZE];

        (void)snprintf(id, sizeof(id), "rIdSheet%" PRIu32, i);
        (void)snprintf(target, sizeof(target), "worksheets/sheet%" PRIu32 ".xml", i);
        package_relationship(part, id, "worksheet", target);
    }
    xml_end(part);
    office_part_close(book->package, part);
}

void xlsx_book_end(struct xlsx_book *book)
{
    write_workbook(book);
    xlsx_styles_write(book->package);
    write_relationships(book);
}
