#pragma once

/*
 * The text of a page, visible: letters from the machine's fonts where the words stand, for a page
 * of which no picture is kept. It is one form XObject of shapes; what is read, searched and copied
 * is the text layer's all the same. One thread at a time.
 */

#include "services/export/pdf/line.h"
#include "services/export/pdf/picture.h"
#include "services/export/pdf/typeface.h"

/* In the caller's memory; the members are the module's own. */
struct pdf_print {
    struct pdf_writer *writer;
    struct pdf_typefaces typefaces;
    hb_buffer_t *shaped;
    /* Of the page under way. */
    const char *language;
    struct pdf_body content;
    struct pdf_body names;  /* of the forms that it uses */
    uint32_t page;          /* counted from 1 */
    uint32_t missing_words; /* that no font has */
};

void pdf_print_init(struct pdf_print *print, struct pdf_writer *writer);
/* A print that is all zero is accepted. */
void pdf_print_deinit(struct pdf_print *print);

/* Starts a page. @language: that of most of it, or NULL; borrowed until its end. */
void pdf_print_begin(struct pdf_print *print, const char *language);

/* Shows a line's words in their boxes. */
void pdf_print_line(struct pdf_print *print, const struct pdf_line *line);

/* Shows a sentence of ours, which is no part of the text. @x, @baseline: where it starts, @size: of
 * its letters; pixels. */
void pdf_print_notice(struct pdf_print *print, const char *text, double x, double baseline,
                      double size);

/* Ends the page. @height: of the page, in pixels. @scale: points a pixel. *ret_picture has the
 * number 0 when nothing is shown. */
void pdf_print_end(struct pdf_print *print, uint32_t width, uint32_t height, double scale,
                   struct pdf_picture *ret_picture);
