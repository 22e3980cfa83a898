#pragma once

/*
 * Lines in another language than the rest of their page, as English ones among Russian: read again
 * with the models of both.
 *
 * Models of most scripts know no Latin letters, or know them badly, and make up words of their own
 * where they meet any; which costs them confidence. Reading whole pages with two models takes twice
 * as long and makes Latin letters of others'. Thread rule: one thread at a time.
 */

#include <stdint.h>

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/image.h"

struct mixed_lines {
    const struct engine_class *engine_class;
    struct engine *engine;
    const struct image *image; /* that the page was read from */
    const char *models;        /* of both: "rus+eng" */
    const char *script;        /* of the page's language: ISO 15924 */
    int64_t deadline_ns;
};

/*
 * Reads poor lines again, and takes what is surer than what they have. A page whose lines are poor
 * as a rule is left as it is: it is in another script, or hard to read.
 *
 * @page: as the engine filled it; not finished.
 *
 * Fails as engine.h says, but for time that runs out and models that are not installed: these leave
 * lines as they are.
 */
status_code mixed_lines_read(const struct mixed_lines *how, struct page *page,
                             struct status *st) _must_check_;

/* Reads one line with these models. @ret_found: its words in the page's pixels; NULL: there are
 * none. Fails as engine.h says. */
status_code mixed_lines_read_line(const struct mixed_lines *how, struct arena *arena,
                                  const struct line *line, struct line **ret_found,
                                  struct status *st) _must_check_;
