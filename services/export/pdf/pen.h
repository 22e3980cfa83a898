#pragma once

/*
 * Sets glyphs of the text layer in a page's content stream: with which face, at which place, how
 * wide. What stays the same from one to the next is not written again. One thread at a time.
 */

#include "services/export/pdf/font.h"
#include "services/export/pdf/glyphs.h"
#include "services/export/pdf/line.h"

/* In the caller's memory; the members are the module's own. */
struct pdf_pen {
    struct pdf_writer *writer;
    struct pdf_font *font;
    struct pdf_body *content;
    double scale; /* points a pixel */
    double height;
    uint64_t faces; /* those in use: a bit each */
    /* As the content stream stands. */
    uint32_t shown_face;
    double shown_size, shown_stretch;
    double ux, uy;           /* the frame of the line, as in struct pdf_line */
    double shown_s, shown_t; /* start of what was shown last, in it, in points */
    bool has_place;
};

/* Starts a text object of invisible text. @scale: points a pixel. @height: of the page, in pixels.
 */
void pdf_pen_begin(struct pdf_pen *pen, struct pdf_writer *writer, struct pdf_font *font,
                   struct pdf_body *content, double scale, uint32_t height);
/* Returns a bit for each face that was used. */
uint64_t pdf_pen_end(struct pdf_pen *pen);

/* Starts a line: what follows is in its frame. */
void pdf_pen_line(struct pdf_pen *pen, const struct pdf_line *line);
/* Takes the face whose letters of `size` points have the piece's box. */
void pdf_pen_face(struct pdf_pen *pen, const struct pdf_piece *piece, double size);
/* Goes to a point of the line's frame, in pixels. */
void pdf_pen_go(struct pdf_pen *pen, double s, double t);
/* Shows glyphs over `length` pixels, and goes on behind them. */
void pdf_pen_show(struct pdf_pen *pen, const struct pdf_glyphs *glyphs, size_t first, size_t count,
                  double length);
