#pragma once

/*
 * The text layer of a page: its words, invisible, where they stand in the page's picture.
 *
 * Words are set in the order of the document, line by line, each stretched to its box, with real
 * spaces between them; the page's blocks are in reading order, and so is the content stream. The
 * sizes of letters tell readers what belongs together (runs.h). One thread at a time.
 */

#include "services/export/pdf/pen.h"
#include "services/export/pdf/print.h"
#include "services/export/pdf/runs.h"
#include "services/export/pdf/strips.h"

/* In the caller's memory; the members are the module's own. */
struct pdf_text {
    struct pdf_writer *writer;
    struct pdf_font *font;
    struct pdf_pen pen;
    struct pdf_line line;
    struct pdf_glyphs glyphs;
    struct pdf_glyphs space;
    struct pdf_glyphs wide_space;
    struct buf heights;
    struct pdf_strips strips;
    /* Of the page under way. */
    struct pdf_body *content;
    struct pdf_print *print;
    double scale; /* points a pixel */
    uint32_t width, height;
    struct buf lines; /* those with words: a struct pdf_run_line each */
    struct buf fills; /* a struct pdf_run_fill each */
    size_t next_line, next_fill;
};

void pdf_text_init(struct pdf_text *text, struct pdf_writer *writer, struct pdf_font *font);
/* A text that is all zero is accepted. */
void pdf_text_deinit(struct pdf_text *text);

/*
 * Appends the text object of a page.
 *
 * @scale: points a pixel. @content: the page's, whose origin is the lower left corner. @print:
 * shows the same lines; NULL: they stay invisible.
 * @ret_faces: a bit for each face of the font that the page uses; 0 for a page without text, of
 * which nothing is appended.
 */
void pdf_text_page(struct pdf_text *text, const Ocrmesh__Document__V1__Page *page, double scale,
                   struct pdf_body *content, struct pdf_print *print, uint64_t *ret_faces);
