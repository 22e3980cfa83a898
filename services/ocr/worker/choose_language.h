#pragma once

/*
 * With which language's models a page is read where none was asked for, and what its language is
 * called. Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"

/* For a poor reading, in auto: reads with the models of a script (ISO 15924; NULL: none) that was
 * seen on the page, and keeps the better reading. */
status_code choose_language_of_script(struct attempt *attempt, const char *script,
                                      struct status *st) _must_check_;

/* For a poor reading, in auto: tries scripts that detection does not know, or takes for others. */
status_code choose_language_rare(struct attempt *attempt, struct status *st) _must_check_;

/* For a good reading, in auto: reads with the model of the language that the words are in. */
status_code choose_language_by_words(struct attempt *attempt, struct status *st) _must_check_;

/* Names the page's language and script. */
void choose_language_name(struct attempt *attempt);
