#pragma once

/*
 * Turns what tesseract recognised into blocks, lines and words of a page.
 *
 * Thread rule: one thread at a time.
 */

#include <tesseract/capi.h>

#include "services/ocr/worker/document.h"

/*
 * Appends to the page.
 *
 * @api: after TessBaseAPIRecognize().
 * @ret_quarter_turns: clockwise, that would make most words upright: tesseract reads blocks that
 *     lie on their side, too.
 */
status_code results_collect(TessBaseAPI *api, struct page *page, uint32_t *ret_quarter_turns,
                            struct status *st) _must_check_;
