#pragma once

/*
 * Letters that an engine took for others of the same look, where their word, or the language of the
 * page, leaves no doubt which they are: Latin letters within a Greek or Cyrillic word and the other
 * way round, the digit zero for a round letter within a word, two single quotation marks for a
 * double one, the full stop of Armenian, signs that only old encodings knew.
 *
 * What looks alike: confusables.txt of Unicode Technical Standard 39. Thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"

/*
 * Mends the words of a page that was recognised; of one from a text layer nothing is changed.
 *
 * @page: finished, and to be finished again where *ret_is_changed.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full.
 */
status_code lookalikes_mend(struct page *page, bool *ret_is_changed,
                            struct status *st) _must_check_;

/* True where many letters of a script (ISO 15924) look like Latin ones: Greek and Cyrillic. */
bool lookalikes_has_script(const char *script);

/* How many of a text's Latin letters look like none of a script. */
size_t lookalikes_count_latin(const char *text, const char *script);
