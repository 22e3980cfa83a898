#pragma once

/*
 * A page that was born digital, as shapes: an encoded PageDrawing becomes a form XObject with one
 * for each glyph and an image for each picture in it. Glyphs that pages share are written once.
 *
 * What it paints is checked operator by operator (content_check.h). One drawing is in memory at a
 * time. One thread at a time.
 */

#include "services/export/pdf/picture.h"

enum {
    PDF_DRAWING_MAX_BYTES = 32 << 20, /* encoded; the densest map seen is a tenth of it */
    PDF_DRAWING_MEMORY_MAX_BYTES = 64 << 20,
    PDF_DRAWING_GLYPHS_MAX = 8192, /* distinct ones of a page */
    PDF_DRAWING_IMAGES_MAX = 1024,
    PDF_DRAWING_KNOWN_MAX = 65536, /* glyphs of a document that are remembered */
};

/* Glyphs that are written. In the caller's memory; all zero is an empty store. */
struct pdf_drawn_glyphs {
    struct pdf_drawn_glyph *slots;
    size_t slot_count, count;
};

void pdf_drawn_glyphs_deinit(struct pdf_drawn_glyphs *glyphs);

/* As pdf_picture_write(), of a drawing. Fails with INTERNAL when it holds what it may not. */
status_code pdf_drawing_write(struct page_image *image, struct pdf_profiles *profiles,
                              struct pdf_drawn_glyphs *glyphs, uint32_t width, uint32_t height,
                              double scale, struct pdf_writer *writer,
                              struct pdf_picture *ret_picture, struct status *st) _must_check_;
