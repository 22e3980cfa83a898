#pragma once

/*
 * Which glyph of which font each character of a PDF page is drawn with, and how far it reaches.
 *
 * mupdf's structured text knows lines and spaces, but not the glyph behind a character, and its
 * boxes are as high as the font says, not as the glyph is. So the glyphs are noted on their way to
 * it, and found again by where they stand. Private to the pdfdoc modules. Thread rule: as pdfdoc.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mupdf/fitz.h>

struct pdfdoc_noted {
    bool is_used;
    bool is_drawn; /* not only named (render mode 3) */
    uint32_t character;
    int32_t x, y;    /* of the origin, in quarters of a point */
    uint32_t shape;  /* equal for glyphs that look equal */
    fz_rect outline; /* what the glyph covers, in points of the page; empty: unknown */
};

struct pdfdoc_notes;

/* NULL when out of memory. */
struct pdfdoc_notes *pdfdoc_notes_new(void);
void pdfdoc_notes_free(struct pdfdoc_notes *notes);

/* True when there were more than PDFDOC_GLYPHS_MAX glyphs: the rest is missing. */
bool pdfdoc_notes_is_full(const struct pdfdoc_notes *notes);

/* The glyph that stands there; one with is_used false when there is none. Lives as long as the
 * notes. */
const struct pdfdoc_noted *pdfdoc_notes_find(const struct pdfdoc_notes *notes, uint32_t character,
                                             fz_point origin);

/* A device that notes what is drawn with text operators and passes it on. May throw.
 * @target: borrowed, outlives the device. */
fz_device *pdfdoc_notes_new_device(fz_context *context, struct pdfdoc_notes *notes,
                                   fz_device *target);
