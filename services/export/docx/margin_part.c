#include "services/export/docx/margin_part.h"

#include <stdio.h>
#include <string.h>

#include "services/export/docx/body.h"

static void write_tab(struct xml_writer *part, const char *alignment, int32_t position)
{
    xml_begin(part, "w:tab");
    xml_attribute(part, "w:val", alignment);
    xml_attribute_int(part, "w:pos", position);
    xml_end(part);
}

/* The page number: Word's own, shown as it was printed until Word counts. */
static void write_number(struct xml_writer *part, struct docx_text *writer, struct str number,
                         const struct docx_text_style *style)
{
    xml_begin(part, "w:fldSimple");
    xml_attribute(part, "w:instr", " PAGE ");
    docx_text_write(writer, part, number, style);
    xml_end(part);
}

/* A line of `text`. */
static void write_line(struct xml_writer *part, struct docx_text *writer,
                       const struct docx_margin_text *text, struct str line, const char *style_id,
                       int32_t room)
{
    const struct docx_text_style style = {text->language, text->is_right_to_left};
    size_t start = (size_t)(line.p - text->text);
    size_t number = text->number_start - start; /* huge for a number in a line before */

    xml_begin(part, "w:p");
    xml_begin(part, "w:pPr");
    xml_value(part, "w:pStyle", "w:val", style_id);
    xml_begin(part, "w:tabs");
    write_tab(part, "center", room / 2);
    write_tab(part, "right", room);
    xml_end(part);
    if (text->is_right_to_left)
        xml_empty(part, "w:bidi");
    xml_end(part);
    if (text->number_length > 0 && number < line.n) {
        docx_text_write(writer, part, (struct str){line.p, number}, &style);
        write_number(part, writer, (struct str){line.p + number, text->number_length}, &style);
        number += text->number_length;
        docx_text_write(writer, part, (struct str){line.p + number, line.n - number}, &style);
    } else {
        docx_text_write(writer, part, line, &style);
    }
    xml_end(part);
}

void docx_margin_part_write(struct package *package, struct docx_text *writer, docx_margin margin,
                            uint32_t number, const struct docx_margin_text *text,
                            const struct docx_section *section)
{
    bool is_header = margin == DOCX_HEADER;
    const char *kind = is_header ? "header" : "footer";
    const char *style_id = is_header ? DOCX_STYLE_HEADER : DOCX_STYLE_FOOTER;
    int32_t room = section->width - section->left - section->right;
    struct str rest = {text->text, text->length};
    struct str line;
    char name[48];

    (void)snprintf(name, sizeof(name), "word/%s%u.%s", kind, number, kind);
    struct xml_writer *part = office_part_open(package, name);
    xml_begin(part, is_header ? "w:hdr" : "w:ftr");
    xml_attribute(part, "xmlns:w", DOCX_NAMESPACE);
    if (rest.n == 0) /* at least one paragraph, §17.10.4 */
        write_line(part, writer, text, rest, style_id, room);
    else if (rest.p[rest.n - 1] == '\n')
        rest.n--;
    while (text->length > 0 && str_next_token(&rest, '\n', &line))
        write_line(part, writer, text, line, style_id, room);
    xml_end(part);
    office_part_close(package, part);
}
