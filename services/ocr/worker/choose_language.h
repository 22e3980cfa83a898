#pragma once

/*
 * With which language's models a page is read where none was asked for, and what its language is
 * called. Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/line_trial.h"

/*
 * For a poor reading, in auto: finds the script by reading a few lines of the image as it stands
 * with a model of each, then the language.
 *
 * @seen: the script that was detected (ISO 15924); NULL: none.
 * @ret: language NULL: none was found.
 */
status_code choose_language_by_lines(const struct attempt *attempt, const char *seen,
                                     struct line_trial_result *ret, struct status *st) _must_check_;

/* Reads the page in the language that its lines were read in; @ret_is_found: whether the page was
 * read in another way than before. */
status_code choose_language_read_as(struct attempt *attempt, const struct line_trial_result *found,
                                    bool *ret_is_found, struct status *st) _must_check_;

/* For a poor reading, in auto, where lines tell nothing, as of small print: reads with the usual
 * language of a script (NULL: none), and keeps the better reading. */
status_code choose_language_of_script(struct attempt *attempt, const char *script,
                                      struct status *st) _must_check_;

/*
 * The language that lines are in: their script by a model of each, then the language that fits.
 *
 * @seen: as above. @ret: language NULL: they are in none that is known.
 */
status_code choose_language_of_lines(const struct line_trial *trial, const char *seen,
                                     struct line_trial_result *ret, struct status *st) _must_check_;

/* For a good reading, in auto: reads with the model of the language that the text is in. */
status_code choose_language_by_text(struct attempt *attempt, struct status *st) _must_check_;

/* Names the page's language and script. */
void choose_language_name(struct attempt *attempt);
