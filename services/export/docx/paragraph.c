#include "services/export/docx/body.h"

#include <stdio.h>
#include <string.h>

enum { SPACE_AFTER_TABLE_TWIPS = 160 }; /* tables have none of their own */

/* Of a style without space before it. */
static bool is_plain(const struct docx_paragraph *paragraph)
{
    return paragraph->style == NULL || strcmp(paragraph->style, DOCX_STYLE_LIST) == 0;
}

/* §17.3.1.26: children of pPr come in the order of the schema. */
void docx_paragraph_begin(struct docx_body *body, const struct docx_paragraph *paragraph)
{
    struct xml_writer *part = body->part;

    xml_begin(part, "w:p");
    xml_begin(part, "w:pPr");
    if (paragraph->style != NULL)
        xml_value(part, "w:pStyle", "w:val", paragraph->style);
    if (paragraph->keeps_next)
        xml_empty(part, "w:keepNext");
    if (body->breaks_page)
        xml_empty(part, "w:pageBreakBefore");
    if (paragraph->list != 0) {
        xml_begin(part, "w:numPr");
        xml_value_int(part, "w:ilvl", "w:val", paragraph->list_level);
        xml_value_int(part, "w:numId", "w:val", paragraph->list);
        xml_end(part);
    }
    if (paragraph->is_right_to_left)
        xml_empty(part, "w:bidi");
    if (body->is_after_table && is_plain(paragraph))
        xml_value_int(part, "w:spacing", "w:before", SPACE_AFTER_TABLE_TWIPS);
    if (paragraph->has_hanging_indent) {
        xml_begin(part, "w:ind");
        xml_attribute_int(part, "w:left",
                          (int64_t)(paragraph->list_level + 1) * DOCX_LIST_INDENT_TWIPS);
        xml_attribute_int(part, "w:hanging", DOCX_LIST_INDENT_TWIPS);
        xml_end(part);
    }
    if (paragraph->is_centered)
        xml_value(part, "w:jc", "w:val", "center");
    if (paragraph->ends_section != NULL)
        docx_section_write(part, paragraph->ends_section, paragraph->ends_section->first_page == 0);
    xml_end(part);
    body->breaks_page = false;
    body->is_after_table = false;
}

void docx_paragraph_end(struct docx_body *body)
{
    xml_end(body->part);
}

static void write_reference(struct xml_writer *part, const char *element, const char *id_prefix,
                            uint32_t number)
{
    char id[32];

    if (number == 0)
        return;
    (void)snprintf(id, sizeof(id), "%s%u", id_prefix, number);
    xml_begin(part, element);
    xml_attribute(part, "w:type", "default");
    xml_attribute(part, "r:id", id);
    xml_end(part);
}

/* §17.6.17. */
void docx_section_write(struct xml_writer *part, const struct docx_section *section, bool is_first)
{
    xml_begin(part, "w:sectPr");
    write_reference(part, "w:headerReference", "rIdHeader", section->parts[DOCX_HEADER]);
    write_reference(part, "w:footerReference", "rIdFooter", section->parts[DOCX_FOOTER]);
    if (!is_first)
        xml_value(part, "w:type", "w:val", "nextPage");
    xml_begin(part, "w:pgSz");
    xml_attribute_int(part, "w:w", section->width);
    xml_attribute_int(part, "w:h", section->height);
    if (section->width > section->height)
        xml_attribute(part, "w:orient", "landscape");
    xml_end(part);
    xml_begin(part, "w:pgMar");
    xml_attribute_int(part, "w:top", section->top);
    xml_attribute_int(part, "w:right", section->right);
    xml_attribute_int(part, "w:bottom", section->bottom);
    xml_attribute_int(part, "w:left", section->left);
    xml_attribute_int(part, "w:header", section->top / 2);
    xml_attribute_int(part, "w:footer", section->bottom / 2);
    xml_attribute_int(part, "w:gutter", 0);
    xml_end(part);
    if (section->first_number >= 0)
        xml_value_int(part, "w:pgNumType", "w:start", section->first_number);
    xml_end(part);
}
