#pragma once

/*
 * What the modules of pdfdoc.h share: the document with the page that it holds. Private to them.
 *
 * mupdf reports errors by longjmp: between fz_try and fz_catch there is no return and no cleanup
 * local, and what fz_catch needs is kept in the objects here.
 */

#include <mupdf/fitz.h>
#include <mupdf/pdf.h>

#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/pdfdoc_memory.h"
#include "services/ocr/worker/pdfdoc_survey.h"

struct pdfdoc {
    struct pdfdoc_memory memory;
    fz_context *context;
    fz_stream *stream;
    pdf_document *document;
    uint32_t page_count;

    /* The page that is held; NULL: none. */
    fz_display_list *list;
    uint32_t page_index;
    fz_rect bounds; /* in points, upright */
    bool is_page_damaged;
    bool is_scan_read; /* its image is the scan itself, not drawn */
    struct pdfdoc_survey survey;
};

/* Holds the page. */
status_code pdfdoc_hold_page(struct pdfdoc *pdf, uint32_t index, struct status *st) _must_check_;

/* Fails with what mupdf just threw; inside fz_catch. @page_index: or -1 for the whole file. */
status_code pdfdoc_fail(struct pdfdoc *pdf, int64_t page_index, struct status *st);

/* What is drawn. */
typedef enum {
    PDFDOC_DRAW_ALL,
    PDFDOC_DRAW_WITHOUT_TEXT,
} pdfdoc_drawing;

/*
 * Draws the page that is held.
 *
 * @colorspace: borrowed.
 * @ret_pixmap: owned by the caller.
 */
status_code pdfdoc_draw(struct pdfdoc *pdf, float dpi, fz_colorspace *colorspace,
                        pdfdoc_drawing drawing, fz_pixmap **ret_pixmap,
                        struct status *st) _must_check_;

/* The limit of time for what mupdf does between both calls: `cookie` aborts it. Returns whether it
 * was reached. */
void pdfdoc_watch_begin(fz_cookie *cookie, int64_t limit_ms);
bool pdfdoc_watch_end(void);
bool pdfdoc_watch_is_late(void);
