#pragma once

/*
 * Passages in other languages than that of their page, in the same letters: quotations, manuals and
 * labels in several languages. The model of one language leaves out accents that it does not have,
 * and is sure of the rest. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "services/ocr/worker/mixed_lines.h"

/*
 * Finds passages of some words in other languages, reads their lines with the models of these
 * beside that of the page, and takes what is hardly less sure. Latin letters alone.
 *
 * @language: of the page: BCP 47.
 * @page: with the words of its lines; to be finished again where *ret_is_changed.
 *
 * Costs about a hundredth of the page's time where there are none. Fails as mixed_lines_read().
 */
status_code foreign_lines_read(const struct mixed_lines *how, const char *language,
                               struct page *page, bool *ret_is_changed,
                               struct status *st) _must_check_;
