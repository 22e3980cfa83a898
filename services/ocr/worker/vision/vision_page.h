#pragma once

/*
 * A page of what a vision model read, held against what the embedded engine read of it.
 *
 * The model's text and structure are taken, with boxes and confidences from the embedded engine's
 * words. A reading that does not fit the page is refused as a whole: one that left out most of what
 * the embedded engine is sure of, or of which the embedded engine, where it reads well, saw little.
 * A block that the page has no room for is left out, with a warning. Where the page's words came
 * from a text layer, its spelling stands. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"

/*
 * @draft: finished; borrowed, also by the page that is made, whose arena is the draft's.
 * @ret_page: finished; the draft's own index, size, language and warnings.
 *
 * Fails with FAILED_PRECONDITION where the reading is refused; the message completes "the vision
 * model was asked, but ..."; and as page_finish() does.
 */
status_code vision_page_make(const struct page *draft, struct str markdown, struct page *ret_page,
                             struct status *st) _must_check_;
