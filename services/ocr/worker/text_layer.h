#pragma once

/*
 * A page read from a PDF's text layer instead of its picture, where both agree (API: B12).
 *
 * Agreement is put to the test, never taken for granted: every word that is kept shows on the
 * page; words do not lie over each other; beside the text there is nothing else that looks like
 * letters; and lines that together hold all the letter shapes of the page, recognised in its
 * picture, say what the layer says. In doubt the page is to be recognised.
 * Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/pdfdoc_text.h"

/* How the test recognises lines. */
struct text_layer_reader {
    const struct engine_class *engine_class;
    struct engine *engine; /* borrowed */
    int64_t deadline_ns;
};

/* The words of the layer that show, in reading order, as blocks of the page.
 * @image: the page as drawn; borrowed. False when the layer alone shows that it is not to be
 * believed, or when the arena is full. */
bool text_layer_to_page(const struct pdfdoc_text *text, const struct image *image,
                        struct page *page);

/*
 * Recognises the sample of lines and compares.
 *
 * @image: the page as drawn; borrowed.
 * @models: tesseract model names for the layer's language.
 */
bool text_layer_agrees(const struct pdfdoc_text *text, const struct image *image,
                       const struct text_layer_reader *reader, const char *models,
                       struct arena *arena);

/*
 * Hidden words of the layer that the finished page does not show either: a scan may carry its own
 * recognised text invisibly, which is no secret.
 */
size_t text_layer_count_hidden(const struct pdfdoc_text *text, const struct page *page);
