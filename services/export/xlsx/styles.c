#include <stdio.h>
#include <string.h>

#include "services/export/xlsx/number.h"
#include "services/export/xlsx/sheet.h"

enum {
    FORMAT_BASE = 164, /* numbers of formats below it are Excel's own, §18.8.30 */
    FORMATS = 2 * (XLSX_NUMBER_DECIMALS_MAX + 1),

    FONT_PLAIN = 0,
    FONT_BOLD = 1,
    FONT_ITALIC = 2,
    FILL_NONE = 0,
    FILL_HEADER = 2, /* 0 and 1 are fixed, §18.8.21 */
};

static void write_formats(struct xml_writer *part)
{
    xml_begin(part, "numFmts");
    xml_attribute_int(part, "count", FORMATS);
    for (int i = 0; i < FORMATS; i++) {
        int decimals = i % (XLSX_NUMBER_DECIMALS_MAX + 1);

        xml_begin(part, "numFmt");
        xml_attribute_int(part, "numFmtId", FORMAT_BASE + i);
        xml_attributef(part, "formatCode", "%s%s%.*s", i > XLSX_NUMBER_DECIMALS_MAX ? "#,##0" : "0",
                       decimals > 0 ? "." : "", decimals, "000000");
        xml_end(part);
    }
    xml_end(part);
}

static void write_font(struct xml_writer *part, const char *kind)
{
    xml_begin(part, "font");
    if (kind != NULL)
        xml_empty(part, kind);
    xml_value_int(part, "sz", "val", 11);
    xml_value(part, "name", "val", "Calibri");
    xml_end(part);
}

static void write_fill(struct xml_writer *part, const char *pattern, const char *colour)
{
    xml_begin(part, "fill");
    xml_begin(part, "patternFill");
    xml_attribute(part, "patternType", pattern);
    if (colour != NULL)
        xml_value(part, "fgColor", "rgb", colour);
    xml_end(part);
    xml_end(part);
}

static void write_style(struct xml_writer *part, int format, int font, int fill, bool wraps)
{
    xml_begin(part, "xf");
    xml_attribute_int(part, "numFmtId", format);
    xml_attribute_int(part, "fontId", font);
    xml_attribute_int(part, "fillId", fill);
    xml_attribute_int(part, "borderId", 0);
    xml_attribute_int(part, "xfId", 0);
    xml_attribute(part, "applyNumberFormat", "1");
    xml_attribute(part, "applyFont", "1");
    xml_attribute(part, "applyFill", "1");
    if (wraps) {
        xml_attribute(part, "applyAlignment", "1");
        xml_begin(part, "alignment");
        xml_attribute(part, "vertical", "top");
        xml_attribute(part, "wrapText", "1");
        xml_end(part);
    }
    xml_end(part);
}

void xlsx_styles_write(struct package *package)
{
    enum { FORMAT_TEXT = 49 }; /* "@": Excel leaves what is typed over it as text */
    struct xml_writer *part = office_part_open(package, "xl/styles.xml");

    xml_begin(part, "styleSheet");
    xml_attribute(part, "xmlns", XLSX_NAMESPACE);
    write_formats(part);
    xml_begin(part, "fonts");
    xml_attribute_int(part, "count", 3);
    write_font(part, NULL);
    write_font(part, "b");
    write_font(part, "i");
    xml_end(part);
    xml_begin(part, "fills");
    xml_attribute_int(part, "count", 3);
    write_fill(part, "none", NULL);
    write_fill(part, "gray125", NULL);
    write_fill(part, "solid", "FFF2F2F2");
    xml_end(part);
    xml_begin(part, "borders");
    xml_attribute_int(part, "count", 1);
    xml_empty(part, "border");
    xml_end(part);
    xml_begin(part, "cellStyleXfs");
    xml_attribute_int(part, "count", 1);
    xml_begin(part, "xf");
    xml_end(part);
    xml_end(part);
    xml_begin(part, "cellXfs");
    xml_attribute_int(part, "count", XLSX_STYLE_NUMBERS + FORMATS);
    write_style(part, FORMAT_TEXT, FONT_PLAIN, FILL_NONE, true);
    write_style(part, FORMAT_TEXT, FONT_BOLD, FILL_HEADER, true);
    write_style(part, FORMAT_TEXT, FONT_ITALIC, FILL_NONE, false);
    for (int i = 0; i < FORMATS; i++)
        write_style(part, FORMAT_BASE + i, FONT_PLAIN, FILL_NONE, false);
    xml_end(part);
    xml_begin(part, "cellStyles");
    xml_attribute_int(part, "count", 1);
    xml_begin(part, "cellStyle");
    xml_attribute(part, "name", "Normal");
    xml_attribute_int(part, "xfId", 0);
    xml_attribute_int(part, "builtinId", 0);
    xml_end(part);
    xml_end(part);
    xml_end(part);
    office_part_close(package, part);
}
