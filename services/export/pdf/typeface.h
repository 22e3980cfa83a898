#pragma once

/*
 * The fonts of the machine, as shapes: what shows text where there is no picture of it.
 *
 * DejaVu Sans (fonts-dejavu-core) has Latin, Greek, Cyrillic, Hebrew and more; other scripts have
 * fonts of Noto (fonts-noto-core, fonts-noto-cjk) where they are installed. A font file is mapped
 * when a word first needs it. Text is shaped by HarfBuzz, and a glyph's outline becomes a form
 * XObject, once a file, in units of the font: no font is embedded, and what shows text is not read
 * as text a second time. One thread at a time.
 */

#include <harfbuzz/hb.h>

#include "services/export/pdf/writer.h"

enum { PDF_TYPEFACES_MAX = 40 };

struct pdf_glyph_form {
    uint32_t number; /* of the XObject; 0: not asked for yet */
    uint32_t page;   /* that used it last, for whoever lists what a page uses */
};

struct pdf_typeface {
    hb_font_t *font; /* NULL: not installed, or not opened yet */
    bool is_tried;
    bool is_vertical; /* its letters stand upright in vertical lines */
    unsigned em;      /* units */
    unsigned glyph_count;
    struct pdf_glyph_form *forms; /* by glyph */
};

/* In the caller's memory; all zero is valid. The members are the module's own. */
struct pdf_typefaces {
    struct pdf_typeface faces[PDF_TYPEFACES_MAX];
    hb_draw_funcs_t *outline;
    struct pdf_body shape; /* of the glyph that is drawn */
};

void pdf_typefaces_deinit(struct pdf_typefaces *typefaces);

/* The font that has every character of a word; NULL when there is none. @language: BCP 47, or NULL:
 * tells how Chinese characters are drawn. */
struct pdf_typeface *pdf_typefaces_find(struct pdf_typefaces *typefaces, struct str text,
                                        const char *language);

/* The form of a glyph; written when it is first asked for. NULL when the glyph paints nothing or
 * is none of the font's. */
struct pdf_glyph_form *pdf_typefaces_form(struct pdf_typefaces *typefaces,
                                          struct pdf_typeface *face, uint32_t glyph,
                                          struct pdf_writer *writer);
