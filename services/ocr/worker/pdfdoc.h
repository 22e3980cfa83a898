#pragma once

/*
 * PDF files: how many pages, the picture of a page, and what is drawn on it.
 *
 * The module wraps mupdf: its errors end here, and the memory that it may take is limited to
 * PDFDOC_MEMORY_MAX_BYTES. What a page draws is interpreted once and kept as a list until another
 * page is asked for. Scripts, links and embedded files are never looked at.
 *
 * Failures, beside those of decode.h: INVALID_ARGUMENT PAGE_CORRUPT for a page that cannot be
 * drawn, DEADLINE_EXCEEDED PAGE_TIMEOUT for one that takes too long.
 * Thread rule: one thread at a time, and one document per process at a time (its time limit is the
 * process's interval timer).
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/decode_format.h"
#include "services/ocr/worker/image.h"

enum {
    PDFDOC_MEMORY_MAX_BYTES = 1 << 30,
    /* Longest that interpreting or drawing one page may take. */
    PDFDOC_PAGE_TIME_MAX_MS = 20 * 1000,
    /* As long as a probe looks. */
    PDFDOC_PROBE_TIME_MAX_MS = 4 * 1000,
    /* Resolution of pages that are drawn: what tesseract's models were trained at. */
    PDFDOC_DPI = 300,
};

struct pdfdoc;

/* Reads the structure, repairing it where that loses nothing. @file: must outlive the object. */
status_code pdfdoc_open(struct file_bytes file, struct pdfdoc **ret_pdf,
                        struct status *st) _must_check_;
void pdfdoc_close(struct pdfdoc *pdf);

/* At least 1. */
uint32_t pdfdoc_page_count(const struct pdfdoc *pdf);

/* Interprets the first page without drawing it: CORRUPT when it is damaged and the only one. A page
 * that takes longer than PDFDOC_PROBE_TIME_MAX_MS passes. */
status_code pdfdoc_probe(struct pdfdoc *pdf, struct status *st) _must_check_;

/*
 * The picture of a page (below the page count), upright as its /Rotate says: the image that it
 * consists of at that image's own resolution, when it is one scan; else drawn at PDFDOC_DPI, or
 * what PAGE_PIXELS_MAX allows.
 */
status_code pdfdoc_read_page(struct pdfdoc *pdf, uint32_t index, struct image **ret_image,
                             struct status *st) _must_check_;

/* True when parts of the page that was read last were damaged and could not be drawn. */
bool pdfdoc_is_page_damaged(const struct pdfdoc *pdf);
