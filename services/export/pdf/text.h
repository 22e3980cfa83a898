#pragma once

/*
 * The text layer of a page: its words, invisible, where they stand in the page's picture.
 *
 * Words are set in the order of the document, line by line, each stretched to its box, with real
 * spaces between them; the page's blocks are in reading order, and so is the content stream. One
 * size of letters goes for a whole block, as readers tell paragraphs by it. One thread at a time.
 */

#include "services/export/pdf/font.h"
#include "services/export/pdf/glyphs.h"
#include "services/export/pdf/line.h"

/* In the caller's memory; the members are the module's own. */
struct pdf_text {
    struct pdf_writer *writer;
    struct pdf_font *font;
    struct pdf_line line;
    struct pdf_glyphs glyphs;
    struct pdf_glyphs space;
    struct buf heights;
    struct buf starts; /* of a piece's glyphs, along the line; a double each */
    /* Of the page under way. */
    struct pdf_body *content;
    uint64_t faces; /* those in use: a bit each */
    double scale;   /* points a pixel */
    uint32_t width, height;
    double size; /* of letters, in points; of the block */
    /* As the content stream stands. */
    uint32_t shown_face;
    double shown_size, shown_stretch;
    double shown_s, shown_t; /* start of what was shown last, in the line's frame, in points */
    bool has_place;
};

void pdf_text_init(struct pdf_text *text, struct pdf_writer *writer, struct pdf_font *font);
/* A text that is all zero is accepted. */
void pdf_text_deinit(struct pdf_text *text);

/*
 * Appends the text object of a page.
 *
 * @scale: points a pixel. @content: the page's, whose origin is the lower left corner.
 * @ret_faces: a bit for each face of the font that the page uses; 0 for a page without text, of
 * which nothing is appended.
 */
void pdf_text_page(struct pdf_text *text, const Ocrmesh__Document__V1__Page *page, double scale,
                   struct pdf_body *content, uint64_t *ret_faces);
