#include "services/export/docx/body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/export/docx/figures.h"
#include "services/export/page/language.h"
#include "services/export/page/text_flow.h"

enum {
    HEADING_LEVEL_MAX = 6,
    CENTERED_LINES_MAX = 3, /* longer blocks are as wide as their column */
    /* Parts of the page's width: how far a centred line is off the middle, and least away from the
     * margins on both sides. */
    CENTER_TOLERANCE_DIVISOR = 40,
    CENTER_GAP_DIVISOR = 12,
    ALTERNATIVE_MAX_BYTES = 1000, /* text that stands for a picture */
};

/* Whether the block stands in the page's running header or footer. */
static bool is_margin(const struct docx_body *body, const Ocrmesh__Document__V1__Block *block)
{
    switch (block->kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADER:
        return body->has_running[DOCX_HEADER];
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FOOTER:
        return body->has_running[DOCX_FOOTER];
    default:
        return false;
    }
}

static bool is_figure(const Ocrmesh__Document__V1__Block *block)
{
    return block->kind == OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FIGURE;
}

/* --- one block --- */

/* Whether the block stands in the middle of the page, away from both margins. */
static bool is_centered(const struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                        const Ocrmesh__Document__V1__Block *block)
{
    const struct docx_section *section = docx_survey_section(body->survey, body->section);
    int lines = 1;

    for (const char *p = block->text; *p != '\0'; p++)
        lines += *p == '\n';
    if (block->bbox == NULL || body->twips_per_pixel <= 0 || lines > CENTERED_LINES_MAX)
        return false;
    double left = block->bbox->x0 * body->twips_per_pixel;
    double right = section->width - block->bbox->x1 * body->twips_per_pixel;
    double gap = (double)section->width / CENTER_GAP_DIVISOR;
    double off = left > right ? left - right : right - left;
    return off < 2.0 * section->width / CENTER_TOLERANCE_DIVISOR && left > section->left + gap &&
           right > section->right + gap;
}

/* The text of the block as it flows, in body->flow; empty when out of memory, which the package
 * then knows. */
static struct str flow_of(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block, struct str text)
{
    buf_clear(&body->flow);
    if (!text_flow_append(&body->flow, page, block, text)) {
        xml_fail_memory(body->part);
        buf_clear(&body->flow);
    }
    return buf_str(&body->flow);
}

static void write_paragraph(struct docx_body *body, const Ocrmesh__Document__V1__Block *block,
                            const struct docx_paragraph *paragraph, struct str text)
{
    docx_paragraph_begin(body, paragraph);
    docx_text_write(body->text, body->part, text,
                    &(struct docx_text_style){
                        language_of(body->source, block),
                        paragraph->is_right_to_left,
                    });
    docx_paragraph_end(body);
}

/* A heading has one line in Word's outline. */
static void write_heading(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                          const Ocrmesh__Document__V1__Block *block,
                          struct docx_paragraph *paragraph)
{
    uint32_t level = block->level < 1                   ? 1
                     : block->level > HEADING_LEVEL_MAX ? HEADING_LEVEL_MAX
                                                        : block->level;
    char style[] = "Heading0";

    style[sizeof(style) - 2] = (char)('0' + level);
    paragraph->style = style;
    paragraph->is_centered = is_centered(body, page, block);
    struct str text = flow_of(body, page, block, str_of(block->text));
    for (size_t i = 0; i < text.n; i++)
        if (body->flow.data[i] == '\n')
            body->flow.data[i] = ' ';
    write_paragraph(body, block, paragraph, text);
}

static void write_list_item(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                            const Ocrmesh__Document__V1__Block *block,
                            struct docx_paragraph *paragraph)
{
    struct docx_list_place place = docx_lists_place(body->lists, block);

    paragraph->style = DOCX_STYLE_LIST;
    paragraph->list = place.number;
    paragraph->list_level = place.level;
    paragraph->has_hanging_indent = place.number == 0;
    write_paragraph(body, block, paragraph, flow_of(body, page, block, place.text));
}

/* What stands for a picture: its caption where it has one, else the text in it. */
static void set_alternative(char alternative[static ALTERNATIVE_MAX_BYTES + 1],
                            const Ocrmesh__Document__V1__Page *page, size_t index)
{
    const char *text = page->blocks[index]->text;
    const size_t beside[] = {index + 1, index - 1};

    for (size_t i = 0; i < ARRAY_LENGTH(beside); i++) {
        if (beside[i] < page->n_blocks &&
            page->blocks[beside[i]]->kind ==
                OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION) {
            text = page->blocks[beside[i]]->text;
            break;
        }
    }
    size_t length = utf8_cut(text, ALTERNATIVE_MAX_BYTES);
    memcpy(alternative, text, length);
    alternative[length] = '\0';
}

static void write_block(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                        size_t index, const struct docx_section *ends_section)
{
    const Ocrmesh__Document__V1__Block *block = page->blocks[index];
    struct docx_paragraph paragraph = {
        .is_right_to_left =
            block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT,
        .ends_section = ends_section,
    };

    if (docx_table_fits(block)) {
        docx_table_write(body, block);
        return;
    }
    if (is_figure(block)) {
        char alternative[ALTERNATIVE_MAX_BYTES + 1];

        set_alternative(alternative, page, index);
        if (docx_figures_place(body->figures, body, block, (uint32_t)index, alternative,
                               ends_section))
            return;
    }
    if (block->text[0] == '\0')
        return;
    switch (block->kind) {
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_HEADING:
        write_heading(body, page, block, &paragraph);
        return;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_LIST_ITEM:
        write_list_item(body, page, block, &paragraph);
        return;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_CAPTION:
        paragraph.style = DOCX_STYLE_CAPTION;
        break;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_FORMULA:
        paragraph.style = DOCX_STYLE_FORMULA;
        write_paragraph(body, block, &paragraph, str_of(block->text));
        return;
    case OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_TABLE: /* without a grid: its lines */
        write_paragraph(body, block, &paragraph, str_of(block->text));
        return;
    default:
        break;
    }
    paragraph.is_centered = is_centered(body, page, block);
    write_paragraph(body, block, &paragraph, flow_of(body, page, block, str_of(block->text)));
}

/* --- pages --- */

static void write_separator(struct docx_body *body, const struct docx_section *ends_section)
{
    docx_paragraph_begin(body, &(struct docx_paragraph){.style = DOCX_STYLE_SEPARATOR,
                                                        .ends_section = ends_section});
    docx_paragraph_end(body);
}

static void write_failure(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                          const struct docx_section *ends_section)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "Page %" PRIu32 " could not be read: ", page->index + 1);
    docx_paragraph_begin(
        body, &(struct docx_paragraph){.style = DOCX_STYLE_NOTICE, .ends_section = ends_section});
    const struct docx_text_style style = {.language = "en"};
    docx_text_write(body->text, body->part, str_of(text), &style);
    docx_text_write(body->text, body->part, str_of(page->error->message), &style);
    docx_paragraph_end(body);
}

/* Writes the page's blocks. True when the last one was a paragraph, which then ended the section.
 */
static bool write_blocks(struct docx_body *body, const Ocrmesh__Document__V1__Page *page,
                         const struct docx_section *ends_section)
{
    size_t last = page->n_blocks;

    /* The last block that stands in the text. */
    while (last > 0 &&
           (is_margin(body, page->blocks[last - 1]) ||
            (page->blocks[last - 1]->text[0] == '\0' && !docx_table_fits(page->blocks[last - 1]) &&
             !is_figure(page->blocks[last - 1]))))
        last--;
    if (last == 0)
        return false;
    const Ocrmesh__Document__V1__Block *end = page->blocks[last - 1];
    bool ends_in_paragraph = !docx_table_fits(end) && !is_figure(end);
    for (size_t i = 0; i < last; i++)
        if (!is_margin(body, page->blocks[i]))
            write_block(body, page, i, i + 1 == last && ends_in_paragraph ? ends_section : NULL);
    return ends_in_paragraph;
}

void docx_body_page(struct docx_body *body, const Ocrmesh__Document__V1__Page *page)
{
    const struct docx_section *section = docx_survey_section(body->survey, body->section);
    bool is_last_section = body->section + 1 == docx_survey_section_count(body->survey);
    const struct docx_section *ends_section =
        !is_last_section && body->page + 1 == section->first_page + section->page_count ? section
                                                                                        : NULL;

    body->source = page;
    for (int i = 0; i < DOCX_MARGIN_COUNT; i++)
        body->has_running[i] = docx_margin_fits(page, (docx_margin)i);
    body->twips_per_pixel = page->width > 0 && page->height > 0 ? docx_twips_per_pixel(page) : 0;
    body->breaks_page = body->page > section->first_page;
    if (page->error != NULL)
        write_failure(body, page, ends_section);
    else if (!write_blocks(body, page, ends_section) && (ends_section != NULL || body->breaks_page))
        /* After a table or a figure, and for a page with nothing on it. */
        write_separator(body, ends_section);
    body->page++;
    if (ends_section != NULL)
        body->section++;
}

void docx_body_end(struct docx_body *body)
{
    const struct docx_section *section = docx_survey_section(body->survey, body->section);

    if (body->is_after_table || body->page == 0)
        write_separator(body, NULL);
    docx_section_write(body->part, section, section->first_page == 0);
}
