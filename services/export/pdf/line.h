#pragma once

/*
 * A line of text as the text layer sets it: its words along a straight baseline.
 *
 * A line has a frame of its own: `s` runs along the baseline in the direction of reading left to
 * right (or downwards), `t` away from it, up. Both are pixels of the upright page image. Lines that
 * are level but for a little skew keep an upright frame, and their words' baselines step: boxes of
 * words are upright, and readers break a word whose baseline drifts. Steeper lines have a turned
 * frame. Texts are copied, and are in logical order; the pieces of a line that runs from right to
 * left stand as they are seen, from left to right. One thread at a time.
 */

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"

/* What is set in one go: a word, or words with no space between them (Chinese, Thai). */
struct pdf_piece {
    size_t text_offset, text_length; /* in the line's text */
    double start, end;               /* along s; start < end */
    double low, high;                /* along t; low < high */
    double baseline;                 /* along t */
    size_t first_stop, stop_count;   /* of the line's stops */
};

/* Where a word of a piece starts. */
struct pdf_stop {
    size_t text_offset; /* in the line's text */
    double start;       /* along s */
};

struct pdf_line {
    double ux, uy; /* unit vector of s on the page, y downwards; that of t is (uy, -ux) */
    bool is_right_to_left;
    double thickness;  /* along t, of the line's words together */
    struct buf pieces; /* a struct pdf_piece each */
    struct buf stops;  /* a struct pdf_stop each */
    struct buf text;
};

void pdf_line_init(struct pdf_line *line);
void pdf_line_deinit(struct pdf_line *line);
size_t pdf_line_count(const struct pdf_line *line);
struct pdf_piece *pdf_line_piece(const struct pdf_line *line, size_t index);

struct str pdf_line_text(const struct pdf_line *line, const struct pdf_piece *piece);
const struct pdf_stop *pdf_line_stop(const struct pdf_line *line, size_t index);

/* Takes the place of what was there.
 * @width, @height: of the page; boxes are cut to it.
 * False without memory. A line may have no pieces. */
bool pdf_line_set(struct pdf_line *line, const Ocrmesh__Document__V1__Line *source,
                  Ocrmesh__Document__V1__TextDirection direction, uint32_t width,
                  uint32_t height) _must_check_;

/* The same of text whose words have no boxes: they share `box` by their lengths. */
bool pdf_line_set_text(struct pdf_line *line, struct str text,
                       const Ocrmesh__Document__V1__BoundingBox *box, uint32_t width,
                       uint32_t height) _must_check_;

/* Makes room for what readers take for a space: at least `gap` between pieces, where they do not
 * run backwards. Of its length a piece keeps a tenth. */
void pdf_line_space(struct pdf_line *line, double gap);
