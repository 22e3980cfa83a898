#pragma once

/*
 * What choose_language.c and language_sight.c share. Thread rule: one thread at a time.
 */

#include "lib/base/status.h"
#include "services/ocr/worker/attempt.h"
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

/* The language of lines whose script was found. @found: as they were read; becomes what fits. */
status_code choose_language_in_script(const struct line_trial *trial,
                                      struct line_trial_result *found,
                                      struct status *st) _must_check_;
