#pragma once

/*
 * A page read from a PDF's text layer instead of its picture, where both agree (API: B12).
 *
 * Agreement is put to the test, never taken for granted: every word that is kept shows on the
 * page; words do not lie over each other; and lines that together hold the letter shapes of the
 * page, recognised in its picture, say what the layer says. What looks like letters beside the
 * layer (text in images or drawn as outlines) is recognised and joins it. In doubt the page is to
 * be recognised.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/pdfdoc_text.h"

/* What recognises; all borrowed. */
struct text_layer_reader {
    const struct engine_class *test_class; /* the lines that the layer is tested with */
    struct engine *test_engine;
    const struct engine_class *engine_class; /* what is beside it */
    struct engine *engine;
    int64_t deadline_ns;
};

/*
 * Adds what the layer says, and what is recognised beside it, to the page in reading order.
 *
 * @text: its lines are put in logical order.
 * @image: the page as drawn; borrowed.
 * @page: begun; of no use after "false".
 * @ret_language: what the layer says it is in, believed or not: BCP 47, static; NULL: too little
 *     to tell.
 *
 * False when the layer is not to be believed, or when the arena is full.
 */
bool text_layer_to_page(struct pdfdoc_text *text, const struct image *image,
                        const struct text_layer_reader *reader, struct page *page,
                        const char **ret_language);

/*
 * Hidden words of the layer that the finished page does not show either: a scan may carry its own
 * recognised text invisibly, which is no secret.
 */
size_t text_layer_count_hidden(const struct pdfdoc_text *text, const struct page *page);
