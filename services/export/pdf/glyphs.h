#pragma once

/*
 * A word as codes of the text layer's font, one a code point, in the order in which they are
 * painted: left to right.
 *
 * Readers expect the order that is seen and turn right-to-left text round themselves, so a word of
 * such text is given in visual order (UAX #9, through ICU). One thread at a time.
 */

#include "services/export/pdf/font.h"

struct pdf_glyphs {
    struct buf codes;   /* a uint16_t each */
    struct buf offsets; /* where each starts in the text, a size_t each; left to right alone */
    bool is_right_to_left;
};

void pdf_glyphs_init(struct pdf_glyphs *glyphs);
void pdf_glyphs_deinit(struct pdf_glyphs *glyphs);

size_t pdf_glyphs_count(const struct pdf_glyphs *glyphs);

/* Takes the place of what was there. What no text may have (control characters, noncharacters, the
 * byte order mark) is left out, bytes that are not UTF-8 become U+FFFD, white space becomes a
 * space. False without memory. */
bool pdf_glyphs_set(struct pdf_glyphs *glyphs, struct pdf_font *font, struct str text) _must_check_;

/* Puts a right-to-left mark ahead of a word of another direction that is read before what stands to
 * its left: poppler would read on from left to right, and take the space there for part of the
 * word. False without memory. */
bool pdf_glyphs_part(struct pdf_glyphs *glyphs, struct pdf_font *font) _must_check_;

/* The one glyph that stands for two spaces (PDF_FONT_WIDE_SPACE). */
bool pdf_glyphs_set_wide_space(struct pdf_glyphs *glyphs, struct pdf_font *font) _must_check_;

/* Where a glyph starts in the text. Left to right alone. */
size_t pdf_glyphs_offset(const struct pdf_glyphs *glyphs, size_t index);

/* Appends codes as a string object. */
void pdf_glyphs_show(const struct pdf_glyphs *glyphs, size_t first, size_t count,
                     struct pdf_body *content);
