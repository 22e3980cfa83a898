#pragma once

/*
 * Figures as pictures: copied into the package in the pass over the document that comes before its
 * text, then placed where their blocks stand.
 *
 * Memory: 20 bytes a figure, up to DOCX_FIGURES_MAX. Thread rule: one thread at a time.
 */

#include "services/export/docx/body.h"
#include "services/export/page_image.h"

enum {
    DOCX_FIGURES_MAX = 10000, /* of further ones the text is shown */
};

struct docx_figures;

struct docx_figures *docx_figures_new(void);
void docx_figures_free(struct docx_figures *figures);
DEFINE_CLEANUP(struct docx_figures *, docx_figures)

/* Copies the pictures that are kept of a page's figures into the package, if there are any.
 * @page_number: counted from 0 in the file. Fails as page_image_read() does. */
status_code docx_figures_copy(struct docx_figures *figures, struct package *package,
                              struct page_image_source *images,
                              const Ocrmesh__Document__V1__Page *page, uint32_t page_number,
                              struct status *st) _must_check_;

/* Writes a paragraph with the picture of a block; false when there is none. Blocks come in the
 * order in which their pictures were copied. @alternative: text for those who do not see it. */
bool docx_figures_place(struct docx_figures *figures, struct docx_body *body,
                        const Ocrmesh__Document__V1__Block *block, uint32_t block_index,
                        const char *alternative, const struct docx_section *ends_section);

/* Their relationships, into word/_rels/document.xml.rels. */
void docx_figures_write_relationships(const struct docx_figures *figures, struct xml_writer *part);
