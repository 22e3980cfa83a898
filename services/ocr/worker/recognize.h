#pragma once

/*
 * From a page of a file to a page of the document: decode, straighten, choose languages, let the
 * engine read, put in reading order.
 *
 * A recognizer keeps engines with their models from page to page and from document to document,
 * and for the open document the language that its pages were found to be in.
 * Thread rule: one thread at a time.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"
#include "services/ocr/worker/decode.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"

enum {
    /* Longest that one page may take, opening and rendering included. */
    PAGE_TIME_MAX_MS = 120 * 1000,
};

struct recognizer;

/* NULL when out of memory. */
struct recognizer *recognizer_new(void);
void recognizer_free(struct recognizer *recognizer);
DEFINE_CLEANUP(struct recognizer *, recognizer)

/* Opens the engine of a tier ahead of its first page, and names the folder of its models, which
 * lives as long as the recognizer. Fails as engine.h says. */
status_code recognizer_prepare(struct recognizer *recognizer, engine_tier tier,
                               const char **ret_models_path, struct status *st) _must_check_;

/* Forgets what was learnt of the document before. */
void recognizer_next_document(struct recognizer *recognizer);

struct recognize_request {
    uint32_t page_index; /* below the decoder's page count */
    engine_tier tier;
    const char *language; /* "auto", or codes that language_check() accepts */
    /* Gets the picture that was read, which the caller then owns; NULL: it is not wanted. */
    struct image **ret_image;
    bool is_uncalibrated; /* words keep the engine's own confidence */
};

/*
 * Reads one page.
 *
 * @arena: holds the page; borrowed.
 * @ret_page: begun and finished.
 * @ret_engine: what read it. Static.
 *
 * Fails as decode.h and engine.h say; the recognizer can be used on.
 */
status_code recognize_page(struct recognizer *recognizer, struct decoder *decoder,
                           const struct recognize_request *request, struct arena *arena,
                           struct page *ret_page, const struct engine_class **ret_engine,
                           struct status *st) _must_check_;
