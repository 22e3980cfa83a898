#pragma once

/*
 * What choose_language.c, choose_language_script.c and language_sight.c share. Thread rule: one
 * thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/language_profile.h"
#include "services/ocr/worker/line_samples.h"
#include "services/ocr/worker/line_trial.h"

/* Of language_profile.h. Nearest languages differ by 0.1 to 0.4 on a few lines; what is further
 * away is none of them: of 70 pages in 20 languages of Latin letters none was in the second then.
 */
static const float choose_language_fit_clear = 0.3f;

/* Of characters of lines. Words of scripts without spaces are never sure, so that sure lines count
 * for more. */
static const float choose_language_certainty_sure = 0.975f;

/* Some lines that are seen at once; *ret_samples may have none. */
status_code choose_language_sample_rows(const struct attempt *attempt,
                                        struct line_samples *ret_samples,
                                        struct status *st) _must_check_;

/* A trial of these lines with the attempt's engine. */
struct line_trial choose_language_trial(const struct attempt *attempt,
                                        const struct line_samples *samples);

/* --- Languages of a script --- */

/* Fraktur, and the long s of old roman type: models of languages read it as f. */
static const char choose_language_old_print[] = "und-Latf";

enum { CHOOSE_LANGUAGE_CANDIDATES_MAX = 5 };

/* Languages that lines were read with; zeroed at first. */
struct choose_language_tried {
    const char *codes[2 * CHOOSE_LANGUAGE_CANDIDATES_MAX + 1];
    size_t count;
};

/* Languages that a text may be in, which may have been read with the model of another one; the best
 * first. @is_any: those too that fit clearly worse. */
size_t choose_language_candidates(const char *text, bool is_any,
                                  struct language_fit candidates[CHOOSE_LANGUAGE_CANDIDATES_MAX]);

/* True when a text fits what it was read with best, and no other way of writing is to be thought
 * of. */
bool choose_language_is_settled(const struct language_fit *candidates, size_t count,
                                const char *language);

/* Reads lines with the languages that they may be in, but for those that were tried, until one
 * reads them beyond doubt. @best: what they were read with before, and what reads them best. */
status_code choose_language_among(const struct line_trial *trial,
                                  const struct language_fit *candidates, size_t count,
                                  struct choose_language_tried *tried,
                                  struct line_trial_result *best, struct status *st) _must_check_;

/* The language of lines whose script was found. @found: as they were read; becomes what fits. */
status_code choose_language_in_script(const struct line_trial *trial,
                                      struct line_trial_result *found,
                                      struct status *st) _must_check_;
