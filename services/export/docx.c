/*
 * docx: a document of WordprocessingML (ECMA-376, transitional) with Word's own structure: heading
 * styles, paragraphs that flow, numbered lists, tables with spans, sections with running headers
 * and footers, pictures of figures. Nothing is placed by position.
 *
 * Two passes over the document: the first one copies pictures and writes headers and footers, and
 * learns what sections there are; the second one writes the text. Parts that list what was written
 * (relationships, numbering) come last, types of content first: they go by extension, so that a
 * part needs no line of its own there.
 */

#include <stdio.h>

#include "services/export/docx/body.h"
#include "services/export/docx/figures.h"
#include "services/export/docx/margin_part.h"
#include "services/export/docx/styles.h"
#include "services/export/format.h"
#include "services/export/office/properties.h"
#include "services/export/page/translated_page.h"

#define WORD_TYPE "application/vnd.openxmlformats-officedocument.wordprocessingml."

enum {
    FLOW_MAX_BYTES = 16 << 20,         /* of a paragraph: as large as a page may be */
    TRANSLATION_MAX_BYTES = 160 << 20, /* of a page: as much as the page itself */
};

struct docx {
    struct package *package;
    struct docx_text *margin_text; /* of headers and footers */
    struct docx_survey *survey;
    struct docx_figures *figures;
    struct docx_lists *lists;
    struct docx_body body;
    struct arena *translation; /* of the page at hand */
};

static const struct package_type types[] = {
    {.extension = "rels", .type = PACKAGE_TYPE_RELATIONSHIPS},
    {.extension = "xml", .type = "application/xml"},
    {.extension = "header", .type = WORD_TYPE "header+xml"},
    {.extension = "footer", .type = WORD_TYPE "footer+xml"},
    {.extension = "png", .type = "image/png"},
    {.extension = "jpeg", .type = "image/jpeg"},
    {.part = "/word/document.xml", .type = WORD_TYPE "document.main+xml"},
    {.part = "/word/styles.xml", .type = WORD_TYPE "styles+xml"},
    {.part = "/word/settings.xml", .type = WORD_TYPE "settings+xml"},
    {.part = "/word/numbering.xml", .type = WORD_TYPE "numbering+xml"},
    {.part = "/docProps/core.xml", .type = PACKAGE_TYPE_CORE},
};

/* --- the first pass --- */

/* A docx_margin_function. */
static void write_margin(void *arg, docx_margin margin, uint32_t number,
                         const struct docx_margin_text *text, const struct docx_section *section)
{
    struct docx *docx = arg;

    docx_margin_part_write(docx->package, docx->margin_text, margin, number, text, section);
}

static void survey_begin(struct format_run *run)
{
    struct docx *docx = run->state;

    docx->package = package_new(run->sink);
    docx->margin_text = docx_text_new("");
    docx->survey = docx_survey_new(write_margin, docx);
    docx->figures = docx_figures_new();
    docx->lists = docx_lists_new();
    if (docx->package == NULL || docx->margin_text == NULL || docx->survey == NULL ||
        docx->figures == NULL || docx->lists == NULL) {
        sink_fail_memory(run->sink);
        return;
    }
    package_types_write(docx->package, types, ARRAY_LENGTH(types));
    package_root_write(docx->package, "word/document.xml");
    sink_flush(run->sink);
}

static void survey_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct docx *docx = run->state;
    struct page_image_source *images = run->job->retains_renditions ? run->images : NULL;
    struct status st;

    if (run->sink->has_failed)
        return;
    if (docx_survey_page(docx->survey, page, &st) != STATUS_OK ||
        docx_figures_copy(docx->figures, docx->package, images, page, (uint32_t)run->page_count,
                          &st) != STATUS_OK)
        sink_fail(run->sink, &st);
}

static void survey_end(struct format_run *run)
{
    struct docx *docx = run->state;
    struct status st;

    if (!run->sink->has_failed && docx_survey_end(docx->survey, &st) != STATUS_OK)
        sink_fail(run->sink, &st);
}

/* --- the second pass --- */

static void body_begin(struct format_run *run)
{
    struct docx *docx = run->state;
    struct docx_body *body = &docx->body;

    if (run->sink->has_failed)
        return;
    body->survey = docx->survey;
    body->lists = docx->lists;
    body->figures = docx->figures;
    buf_init(&body->flow, FLOW_MAX_BYTES);
    body->text = docx_text_new(docx_survey_language(docx->survey));
    docx->translation = arena_new(TRANSLATION_MAX_BYTES);
    if (body->text == NULL || docx->translation == NULL) {
        sink_fail_memory(run->sink);
        return;
    }
    body->part = office_part_open(docx->package, "word/document.xml");
    xml_begin(body->part, "w:document");
    xml_attribute(body->part, "xmlns:w", DOCX_NAMESPACE);
    xml_attribute(body->part, "xmlns:r", DOCX_RELATIONSHIPS_NAMESPACE);
    xml_attribute(body->part, "xmlns:wp",
                  "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing");
    xml_begin(body->part, "w:body");
}

static void body_page(struct format_run *run, const Ocrmesh__Document__V1__Page *page)
{
    struct docx *docx = run->state;
    struct status st;

    if (run->sink->has_failed)
        return;
    if (run->job->translate_to[0] != '\0') {
        arena_reset(docx->translation);
        if (translated_page_make(page, run->job->translate_to, docx->translation, &page, &st) !=
            STATUS_OK) {
            sink_fail(run->sink, &st);
            return;
        }
    }
    docx_body_page(&docx->body, page);
}

static void write_margin_relationships(const struct docx *docx, struct xml_writer *part,
                                       docx_margin margin)
{
    const char *kind = margin == DOCX_HEADER ? "header" : "footer";

    for (uint32_t i = 1; i <= docx_survey_part_count(docx->survey, margin); i++) {
        char id[32];
        char target[32];

        (void)snprintf(id, sizeof(id), "rId%s%u", margin == DOCX_HEADER ? "Header" : "Footer", i);
        (void)snprintf(target, sizeof(target), "%s%u.%s", kind, i, kind);
        package_relationship(part, id, kind, target);
    }
}

static void write_relationships(const struct docx *docx)
{
    struct xml_writer *part =
        package_relationships_open(docx->package, "word/_rels/document.xml.rels");

    package_relationship(part, "rIdStyles", "styles", "styles.xml");
    package_relationship(part, "rIdSettings", "settings", "settings.xml");
    package_relationship(part, "rIdNumbering", "numbering", "numbering.xml");
    write_margin_relationships(docx, part, DOCX_HEADER);
    write_margin_relationships(docx, part, DOCX_FOOTER);
    docx_figures_write_relationships(docx->figures, part);
    xml_end(part);
    office_part_close(docx->package, part);
}

static void body_end(struct format_run *run)
{
    struct docx *docx = run->state;
    const char *language;

    if (run->sink->has_failed)
        return;
    language = docx_survey_language(docx->survey);
    docx_body_end(&docx->body);
    xml_end(docx->body.part);
    xml_end(docx->body.part);
    office_part_close(docx->package, TAKE(docx->body.part));
    docx_lists_write(docx->lists, docx->package);
    docx_styles_write(docx->package, docx_survey_body_size(docx->survey),
                      docx_survey_space_after(docx->survey), language);
    docx_settings_write(docx->package);
    write_relationships(docx);
    package_core_write(docx->package, run->job, language);
    package_close(docx->package);
}

static void cleanup(void *state)
{
    struct docx *docx = state;

    xml_writer_free(docx->body.part);
    docx_text_free(docx->body.text);
    buf_deinit(&docx->body.flow);
    arena_free(docx->translation);
    docx_lists_free(docx->lists);
    docx_figures_free(docx->figures);
    docx_survey_free(docx->survey);
    docx_text_free(docx->margin_text);
    package_free(docx->package);
}

static const struct format_pass passes[] = {
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_BLOCKS, survey_begin, survey_page, survey_end},
    {OCRMESH__OCR__V1__PAGE_VIEW__PAGE_VIEW_FULL, body_begin, body_page, body_end},
};

const struct format format_docx = {
    .name = "docx",
    .media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    .extension = ".docx",
    .description = "Word document with headings, lists, tables, headers and footers.",
    .revision = 2,
    .state_size = sizeof(struct docx),
    .cleanup = cleanup,
    .passes = passes,
    .pass_count = ARRAY_LENGTH(passes),
};
