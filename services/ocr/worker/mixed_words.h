#pragma once

/*
 * Two readings of one line, of which each knows words that the other does not: what a model makes
 * of a word in letters that it does not have is poor, while the words around it are sure.
 * Thread rule: any thread.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/document.h"

/*
 * Replaces words of a line that are poor by what stands at their place in the other reading, where
 * that is surer; sure words stay as they are, but for those that are surely Latin ones. Words are
 * of one place where they overlap.
 *
 * @line: not finished.
 * @found: the other reading of it, in the same pixels.
 * @script: of the line (ISO 15924), which the other reading has beside Latin letters.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full.
 */
status_code mixed_words_merge(struct line *line, const struct line *found, const char *script,
                              struct arena *arena, struct status *st) _must_check_;

/* True when a word makes no sense to the model that read it. Shorter ones are numbers and marks. */
bool mixed_words_is_poor(const struct word *word);
