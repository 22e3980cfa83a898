#pragma once

/*
 * The font of the text layer, and what its codes mean.
 *
 * A code (a CID, two bytes) stands for a code point. Codes are given in the order in which code
 * points are first seen, so that two bytes do for any script, and the map back to Unicode
 * (ToUnicode) is written at the end. Marks have codes of their own: pdf.js takes a code that means
 * a letter with its mark for a mark, and loses spaces and ends of lines ahead of it.
 *
 * Readers take the box of a word from the font's ascent and descent, and words are of different
 * heights ("no" and "Big"). So the font has *faces*, which are the same but for those two: the
 * face of a word is chosen by its box, and the size and baseline of a line need not change in
 * between. One thread at a time.
 */

#include "services/export/pdf/writer.h"

enum {
    PDF_FONT_CODES_MAX = 65535,
    /* A code point of our own, beyond Unicode: it reads as two spaces. poppler ends a word at a
     * character that is a space, and takes one that reads as two for a word. */
    PDF_FONT_WIDE_SPACE = 0x110000,
    /* Ascent and descent count in steps of an em, of which faces have even numbers: an eighth puts
     * a box of half an em, that of "no", at most a sixteenth too high or low on either side, an
     * overlap of 0.78 at the worst. Ascents below PDF_FONT_FINE_BELOW, of dots and dashes, may be
     * odd. */
    PDF_FONT_STEPS = 16,
    PDF_FONT_FINE_BELOW = 4,
    /* poppler does not believe an ascent of three em or more. */
    PDF_FONT_ASCENT_MAX = 3 * PDF_FONT_STEPS - 2,
    PDF_FONT_DESCENT_MAX = 2 * PDF_FONT_STEPS,
    PDF_FONT_FACES_MAX = 64, /* later ones are the nearest there is */
};

struct pdf_face {
    int ascent;  /* in steps above the baseline, 0 to PDF_FONT_ASCENT_MAX */
    int descent; /* in steps below it, 0 to PDF_FONT_DESCENT_MAX */
    uint32_t number;
};

/* In the caller's memory; all zero is an empty font. The members are the module's own, save that
 * `faces` may be read. */
struct pdf_font {
    struct pdf_face faces[PDF_FONT_FACES_MAX];
    uint32_t face_count;
    uint32_t *slots; /* hash table of codes; 0 is empty */
    uint32_t slot_count;
    uint32_t *points;    /* by code; that of code 0 is none */
    uint32_t code_count; /* of points, with the one that is none */
    uint32_t code_capacity;
};

void pdf_font_deinit(struct pdf_font *font);

/* The code of a code point that may stand in a text. A document of more different ones than there
 * are codes reads U+FFFD for those beyond. False without memory. */
bool pdf_font_code(struct pdf_font *font, uint32_t point, uint32_t *ret_code) _must_check_;

/* The index of the face with these measures, in steps; what is out of range is cut. */
uint32_t pdf_font_face(struct pdf_font *font, struct pdf_writer *writer, int ascent, int descent);

/* Writes the faces, what they share, and the map to Unicode. */
void pdf_font_write(struct pdf_font *font, struct pdf_writer *writer);
