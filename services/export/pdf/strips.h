#pragma once

/*
 * Words that have no space between them (Chinese, Japanese, Thai), set in one go.
 *
 * Each word's place is known, that of a character in it is not: they share it by their bytes. A
 * *strip* is as many characters as may be set equally wide without one being far from its place.
 * One thread at a time.
 */

#include "services/export/pdf/pen.h"

/* Of the size of letters: no glyph is narrower, for poppler takes one that starts less than 0.1
 * after the one before for its shadow. */
#define PDF_STRIPS_GLYPH_LEAST 0.13

/* In the caller's memory; the members are the module's own. */
struct pdf_strips {
    struct buf starts; /* of the glyphs, along the line; a double each */
};

void pdf_strips_init(struct pdf_strips *strips);
/* Strips that are all zero are accepted. */
void pdf_strips_deinit(struct pdf_strips *strips);

/* Shows the glyphs of a piece that reads from left to right, where the pen stands. @em: the size of
 * letters, in pixels. False without memory. */
bool pdf_strips_show(struct pdf_strips *strips, struct pdf_pen *pen, const struct pdf_line *line,
                     const struct pdf_piece *piece, const struct pdf_glyphs *glyphs,
                     double em) _must_check_;
