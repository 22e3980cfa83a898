#pragma once

/*
 * What the files of the docx format share: names of WordprocessingML, and the body of a document
 * under way. For the files of docx/ and docx.c alone.
 */

#include <stdbool.h>

#include "services/export/docx/list.h"
#include "services/export/docx/survey.h"
#include "services/export/docx/text.h"
#include "services/export/office/part.h"

#define DOCX_NAMESPACE "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define DOCX_RELATIONSHIPS_NAMESPACE                                                               \
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

/* Identifiers of styles, which are the same in every language of Word. */
#define DOCX_STYLE_CAPTION   "Caption"
#define DOCX_STYLE_FIGURE    "Figure"
#define DOCX_STYLE_FOOTER    "Footer"
#define DOCX_STYLE_FORMULA   "Formula"
#define DOCX_STYLE_HEADER    "Header"
#define DOCX_STYLE_LIST      "ListParagraph"
#define DOCX_STYLE_NOTICE    "Notice"
#define DOCX_STYLE_SEPARATOR "Separator"
#define DOCX_STYLE_TABLE     "TableGrid"
#define DOCX_STYLE_CELL      "TableText"

/* word/document.xml while it is written, page by page. */
struct docx_body {
    struct xml_writer *part;
    struct docx_text *text;
    struct docx_lists *lists;
    const struct docx_survey *survey;
    struct docx_figures *figures;
    struct buf flow;     /* text of the paragraph at hand */
    uint32_t page;       /* counted from 0 in the file */
    size_t section;      /* of the page */
    bool breaks_page;    /* before the next paragraph */
    bool is_after_table; /* nothing stands between that table and what comes next */
    const Ocrmesh__Document__V1__Page *source; /* the page at hand */
    double twips_per_pixel;                    /* of the page; 0: unknown */
    bool has_running[DOCX_MARGIN_COUNT];       /* its header and footer are not text of the page */
};

/* A paragraph's properties; all zero is one of the style Normal. */
struct docx_paragraph {
    const char *style; /* NULL: Normal */
    uint32_t list;     /* number of the list; 0: none */
    uint32_t list_level;
    bool has_hanging_indent; /* of a list's level, with the marker as text */
    bool is_right_to_left;
    bool is_centered;
    bool keeps_next;                         /* on one page with the paragraph after it */
    const struct docx_section *ends_section; /* NULL: ends none */
};

/* <w:p> with its properties; the page break that waits is put in. */
void docx_paragraph_begin(struct docx_body *body, const struct docx_paragraph *paragraph);
void docx_paragraph_end(struct docx_body *body);

/* <w:sectPr>. */
void docx_section_write(struct xml_writer *part, const struct docx_section *section, bool is_first);

/* docx/body.c: the next page. */
void docx_body_page(struct docx_body *body, const Ocrmesh__Document__V1__Page *page);
/* docx/body.c: after the last page. */
void docx_body_end(struct docx_body *body);

enum {
    DOCX_TABLE_COLUMNS_MAX = 63, /* of Word; larger tables are lines of text with tabs */
    DOCX_CELL_MARGIN_TWIPS = 80, /* on both sides of a cell's text */
};

/* docx/table.c: whether the block becomes a table. */
bool docx_table_fits(const Ocrmesh__Document__V1__Block *block);
/* docx/table.c: a table that does. Nothing when none of its cells is in its grid. */
void docx_table_write(struct docx_body *body, const Ocrmesh__Document__V1__Block *block);
