#pragma once

/*
 * The font of the text layer, and what its codes mean.
 *
 * A code (a CID, two bytes) stands for one cluster: what a reader takes for one character, some
 * code points. Codes are given in the order in which clusters are first seen, so that two bytes do
 * for any script, and the map back to Unicode (ToUnicode) is written at the end.
 *
 * Readers take the box of a word from the font's ascent and descent, and words are of different
 * heights ("no" and "Big"). So the font has *faces*, which are the same but for those two: the
 * face of a word is chosen by its box, and the size and baseline of a line need not change in
 * between. One thread at a time.
 */

#include "services/export/pdf/writer.h"

enum {
    PDF_FONT_CODES_MAX = 65535,
    PDF_FONT_CLUSTER_MAX = 8, /* code points */
    /* Ascent and descent count in steps of an em. An eighth puts a box of half an em, that of "no",
     * at most a sixteenth too high or low on either side: an overlap of 0.78 at the worst. */
    PDF_FONT_STEPS = 8,
    /* poppler does not believe an ascent of three em or more. */
    PDF_FONT_ASCENT_MAX = 3 * PDF_FONT_STEPS - 1,
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
    struct pdf_cluster *clusters; /* by code; 0 is none */
    uint32_t code_count;          /* of clusters, with the one that is none */
    uint32_t code_capacity;
};

void pdf_font_deinit(struct pdf_font *font);

/* The code of a cluster.
 * @points: code points that may stand in a text, 1 to PDF_FONT_CLUSTER_MAX of them.
 * A document of more different clusters than there are codes reads U+FFFD for those beyond. False
 * without memory. */
bool pdf_font_code(struct pdf_font *font, const uint32_t *points, size_t count,
                   uint32_t *ret_code) _must_check_;

/* The index of the face with these measures, in steps; what is out of range is cut. */
uint32_t pdf_font_face(struct pdf_font *font, struct pdf_writer *writer, int ascent, int descent);

/* Writes the faces, what they share, and the map to Unicode. */
void pdf_font_write(struct pdf_font *font, struct pdf_writer *writer);
