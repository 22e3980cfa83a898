#pragma once

/*
 * What a few lines of a page say of its language and script before it is read. Reading them takes a
 * tenth of the time that the page takes, or less. Thread rule: one thread at a time.
 */

#include <stdbool.h>

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/line_trial.h"

struct language_sight {
    float certainty; /* of the characters of the lines; 0 without any lines */
    bool is_text;    /* there are enough of them to try other scripts on */
    bool is_sure;    /* there is no doubt of script and orientation */
};

/* True in auto, with an engine that can read lines for a trial. */
bool language_sight_is_wanted(const struct attempt *attempt);

/* Whether lines that were read so are surely in that language's script, upright. */
bool language_sight_is_read(const struct line_trial_result *read);

/*
 * Reads a few lines with attempt->language; where they are surely in its script, but clearly in
 * another language, sets attempt->language.
 *
 * Fails as engine.h says.
 */
status_code language_sight_look(struct attempt *attempt, struct language_sight *ret,
                                struct status *st) _must_check_;

/*
 * Finds the script of a few lines by reading them with a model of each, then the language; sets
 * attempt->language.
 *
 * @seen: the script that was detected (ISO 15924); NULL: none.
 * @is_seen_only: they are read as in that script, and no other.
 * @ret_is_found: whether they are in any that is known.
 *
 * Fails as engine.h says.
 */
status_code language_sight_choose(struct attempt *attempt, const char *seen, bool is_seen_only,
                                  bool *ret_is_found, struct status *st) _must_check_;
