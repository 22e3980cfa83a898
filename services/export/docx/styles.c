#include "services/export/docx/styles.h"

#include <string.h>

#include "services/export/docx/body.h"

static const char body_font[] = "Times New Roman";
static const char east_asian_font[] = "SimSun";

/* A paragraph style; sizes are in tenths of the body's. */
struct style {
    const char *id;
    const char *name; /* as Word knows it, whatever its language */
    const char *next; /* NULL: itself */
    int size;         /* 10: the body's */
    int space_before; /* tenths of a line */
    int space_after;
    int outline_level; /* -1: none */
    bool is_bold;
    bool is_italic;
    bool is_centered;
    bool keeps_next;
};

static const struct style styles[] = {
    {"Heading1", "heading 1", "Normal", 16, 12, 6, 0, true, false, false, true},
    {"Heading2", "heading 2", "Normal", 14, 10, 5, 1, true, false, false, true},
    {"Heading3", "heading 3", "Normal", 12, 10, 4, 2, true, false, false, true},
    {"Heading4", "heading 4", "Normal", 11, 8, 4, 3, true, false, false, true},
    {"Heading5", "heading 5", "Normal", 10, 8, 4, 4, true, false, false, true},
    {"Heading6", "heading 6", "Normal", 10, 8, 4, 5, false, true, false, true},
    {DOCX_STYLE_LIST, "List Paragraph", NULL, 10, 0, 2, -1, false, false, false, false},
    {DOCX_STYLE_CAPTION, "caption", "Normal", 9, 2, 6, -1, false, true, false, false},
    {DOCX_STYLE_FIGURE, "Figure", DOCX_STYLE_CAPTION, 10, 4, 4, -1, false, false, false, false},
    {DOCX_STYLE_FORMULA, "Formula", "Normal", 10, 4, 4, -1, false, false, true, false},
    {DOCX_STYLE_NOTICE, "Notice", "Normal", 10, 4, 4, -1, false, true, false, false},
    {DOCX_STYLE_HEADER, "header", NULL, 9, 0, 0, -1, false, false, false, false},
    {DOCX_STYLE_FOOTER, "footer", NULL, 9, 0, 0, -1, false, false, false, false},
    {DOCX_STYLE_CELL, "Table Text", NULL, 9, 0, 0, -1, false, false, false, false},
};

/* A font for each kind of script. */
static void write_default_run(struct xml_writer *part, int body_size, struct docx_language language)
{
    bool is_east_asian = language.slot == SCRIPT_SLOT_EAST_ASIAN;
    bool is_complex = language.slot == SCRIPT_SLOT_COMPLEX;

    xml_begin(part, "w:rPr");
    xml_begin(part, "w:rFonts");
    xml_attribute(part, "w:ascii", body_font);
    xml_attribute(part, "w:hAnsi", body_font);
    xml_attribute(part, "w:eastAsia",
                  is_east_asian && language.font != NULL ? language.font : east_asian_font);
    xml_attribute(part, "w:cs", is_complex && language.font != NULL ? language.font : body_font);
    xml_end(part);
    xml_value_int(part, "w:sz", "w:val", body_size);
    xml_value_int(part, "w:szCs", "w:val", body_size);
    if (language.tag != NULL)
        xml_value(part, "w:lang",
                  is_east_asian ? "w:eastAsia"
                  : is_complex  ? "w:bidi"
                                : "w:val",
                  language.tag);
    xml_end(part);
}

static void write_spacing(struct xml_writer *part, int64_t before, int64_t after)
{
    xml_begin(part, "w:spacing");
    xml_attribute_int(part, "w:before", before);
    xml_attribute_int(part, "w:after", after);
    xml_end(part);
}

static void write_style_head(struct xml_writer *part, const char *type, const char *id,
                             const char *name)
{
    xml_begin(part, "w:style");
    xml_attribute(part, "w:type", type);
    xml_attribute(part, "w:styleId", id);
    xml_value(part, "w:name", "w:val", name);
}

static void write_style(struct xml_writer *part, const struct style *style, int body_size)
{
    int line = body_size * 10; /* twips */

    write_style_head(part, "paragraph", style->id, style->name);
    xml_value(part, "w:basedOn", "w:val", "Normal");
    if (style->next != NULL)
        xml_value(part, "w:next", "w:val", style->next);
    xml_empty(part, "w:qFormat");
    xml_begin(part, "w:pPr");
    if (style->keeps_next) {
        xml_empty(part, "w:keepNext");
        xml_empty(part, "w:keepLines");
    }
    write_spacing(part, line * style->space_before / 10, line * style->space_after / 10);
    if (style->is_centered)
        xml_value(part, "w:jc", "w:val", "center");
    if (style->outline_level >= 0)
        xml_value_int(part, "w:outlineLvl", "w:val", style->outline_level);
    xml_end(part);
    xml_begin(part, "w:rPr");
    if (style->is_bold) {
        xml_empty(part, "w:b");
        xml_empty(part, "w:bCs");
    }
    if (style->is_italic) {
        xml_empty(part, "w:i");
        xml_empty(part, "w:iCs");
    }
    xml_value_int(part, "w:sz", "w:val", (body_size * style->size + 5) / 10);
    xml_value_int(part, "w:szCs", "w:val", (body_size * style->size + 5) / 10);
    xml_end(part);
    xml_end(part);
}

/* Takes next to no room: between tables, and where a page is empty. */
static void write_separator(struct xml_writer *part)
{
    write_style_head(part, "paragraph", DOCX_STYLE_SEPARATOR, "Separator");
    xml_value(part, "w:basedOn", "w:val", "Normal");
    xml_begin(part, "w:pPr");
    xml_begin(part, "w:spacing");
    xml_attribute_int(part, "w:before", 0);
    xml_attribute_int(part, "w:after", 0);
    xml_attribute_int(part, "w:line", 20);
    xml_attribute(part, "w:lineRule", "exact");
    xml_end(part);
    xml_end(part);
    xml_begin(part, "w:rPr");
    xml_value(part, "w:sz", "w:val", "2");
    xml_value(part, "w:szCs", "w:val", "2");
    xml_end(part);
    xml_end(part);
}

static void write_table_style(struct xml_writer *part)
{
    static const char *const sides[] = {"w:top",   "w:left",    "w:bottom",
                                        "w:right", "w:insideH", "w:insideV"};

    write_style_head(part, "table", "TableNormal", "Normal Table");
    xml_end(part);
    write_style_head(part, "table", DOCX_STYLE_TABLE, "Table Grid");
    xml_value(part, "w:basedOn", "w:val", "TableNormal");
    xml_begin(part, "w:tblPr");
    xml_begin(part, "w:tblBorders");
    for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
        xml_begin(part, sides[i]);
        xml_attribute(part, "w:val", "single");
        xml_attribute_int(part, "w:sz", 4);
        xml_attribute_int(part, "w:space", 0);
        xml_attribute(part, "w:color", "auto");
        xml_end(part);
    }
    xml_end(part);
    xml_begin(part, "w:tblCellMar");
    for (int i = 1; i <= 3; i += 2) {
        xml_begin(part, sides[i]);
        xml_attribute_int(part, "w:w", DOCX_CELL_MARGIN_TWIPS);
        xml_attribute(part, "w:type", "dxa");
        xml_end(part);
    }
    xml_end(part);
    xml_end(part);
    xml_begin(part, "w:tblStylePr");
    xml_attribute(part, "w:type", "firstRow");
    xml_begin(part, "w:rPr");
    xml_empty(part, "w:b");
    xml_empty(part, "w:bCs");
    xml_end(part);
    xml_end(part);
    xml_end(part);
}

void docx_styles_write(struct package *package, int body_size, int space_after,
                       const char *language)
{
    struct xml_writer *part = office_part_open(package, "word/styles.xml");

    xml_begin(part, "w:styles");
    xml_attribute(part, "xmlns:w", DOCX_NAMESPACE);
    xml_begin(part, "w:docDefaults");
    xml_begin(part, "w:rPrDefault");
    write_default_run(part, body_size, docx_language_of(language));
    xml_end(part);
    xml_empty(part, "w:pPrDefault");
    xml_end(part);

    xml_begin(part, "w:style");
    xml_attribute(part, "w:type", "paragraph");
    xml_attribute(part, "w:default", "1");
    xml_attribute(part, "w:styleId", "Normal");
    xml_value(part, "w:name", "w:val", "Normal");
    xml_empty(part, "w:qFormat");
    xml_begin(part, "w:pPr");
    write_spacing(part, 0, space_after);
    xml_end(part);
    xml_end(part);
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++)
        write_style(part, &styles[i], body_size);
    write_separator(part);
    write_table_style(part);
    xml_end(part);
    office_part_close(package, part);
}

void docx_settings_write(struct package *package)
{
    struct xml_writer *part = office_part_open(package, "word/settings.xml");

    xml_begin(part, "w:settings");
    xml_attribute(part, "xmlns:w", DOCX_NAMESPACE);
    xml_value_int(part, "w:defaultTabStop", "w:val", 720);
    xml_value(part, "w:characterSpacingControl", "w:val", "doNotCompress");
    xml_begin(part, "w:compat");
    xml_begin(part, "w:compatSetting"); /* else Word opens it as a file of an older Word */
    xml_attribute(part, "w:name", "compatibilityMode");
    xml_attribute(part, "w:uri", "http://schemas.microsoft.com/office/word");
    xml_attribute(part, "w:val", "15");
    xml_end(part);
    xml_end(part);
    xml_end(part);
    office_part_close(package, part);
}
