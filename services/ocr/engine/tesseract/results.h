#pragma once

/*
 * Turns what tesseract recognised into blocks, lines and words of a page.
 *
 * Thread rule: one thread at a time.
 */

#include <tesseract/capi.h>

#include "services/ocr/document.h"

/* Appends to the page. @api: after TessBaseAPIRecognize(). */
status_code results_collect(TessBaseAPI *api, struct page *page, struct status *st) _must_check_;
