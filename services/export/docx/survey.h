#pragma once

/*
 * What a docx file has to know of its document before the text is written, gathered in a pass over
 * all pages: sections with their size, margins, running header and footer; the size of the body
 * text; the main language.
 *
 * A section is a run of pages of one size and orientation whose running headers and footers are the
 * same but for a number that grows with the pages: the page number, which becomes a PAGE field.
 * Headers and footers are handed out for writing when their section ends, each different one once.
 *
 * Memory does not grow with pages but for the sections, 48 bytes each, and 8 bytes for each
 * different header and footer, up to the limits below. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/export/docx/margin.h"

enum {
    /* Beyond them the last section goes on: pages keep their breaks, not their headers. */
    DOCX_SECTIONS_MAX = 4096,

    DOCX_TWIPS_PER_INCH = 1440,
};

struct docx_section {
    uint32_t first_page; /* counted from 0 in the file */
    uint32_t page_count;
    /* Twips. */
    int32_t width;
    int32_t height;
    int32_t left;
    int32_t right;
    int32_t top;
    int32_t bottom;
    uint32_t parts[DOCX_MARGIN_COUNT]; /* number of its header and footer, from 1 */
    int32_t first_number;              /* that is printed on its first page; -1: none is */
};

struct docx_survey;

/* Called for a header or footer that no section before has. `number`: from 1, of its kind. */
typedef void (*docx_margin_function)(void *arg, docx_margin margin, uint32_t number,
                                     const struct docx_margin_text *text,
                                     const struct docx_section *section);

struct docx_survey *docx_survey_new(docx_margin_function write_margin, void *arg);
void docx_survey_free(struct docx_survey *survey);
DEFINE_CLEANUP(struct docx_survey *, docx_survey)

/* Each page in order, in any view with blocks. */
status_code docx_survey_page(struct docx_survey *survey, const Ocrmesh__Document__V1__Page *page,
                             struct status *st) _must_check_;
/* After the last one. */
status_code docx_survey_end(struct docx_survey *survey, struct status *st) _must_check_;

/* What a pixel of the page is in the file: pages larger than Word's are made A4, and one that
 * tells no believable resolution has 300 dots per inch. @page: with a width and height. */
double docx_twips_per_pixel(const Ocrmesh__Document__V1__Page *page);

/* --- of an ended survey --- */

/* At least one. */
size_t docx_survey_section_count(const struct docx_survey *survey);
const struct docx_section *docx_survey_section(const struct docx_survey *survey, size_t index);
/* How many different headers, or footers, were handed out. */
uint32_t docx_survey_part_count(const struct docx_survey *survey, docx_margin margin);
/* Half points. */
int docx_survey_body_size(const struct docx_survey *survey);
/* Twips after a paragraph. */
int docx_survey_space_after(const struct docx_survey *survey);
/* BCP 47; "" when no page has one. */
const char *docx_survey_language(const struct docx_survey *survey);
