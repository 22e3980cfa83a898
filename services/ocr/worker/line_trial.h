#pragma once

/*
 * Which script a few lines are in, and which of several languages reads them best: found by
 * reading them.
 *
 * Detection of scripts by shapes (engine.h) knows two thirds of them and takes the others for one
 * of these. Reading tells them apart: of 68 lines in 40 languages each was read with the surest
 * characters by a model of its own script. A line takes a model about 20 ms, loading included.
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/image.h"

struct line_trial {
    const struct engine_class *engine_class; /* one that has try_line */
    struct engine *engine;
    struct image *const *lines; /* one line of text each, upright, with white around it */
    size_t count;               /* at least one; the fullest line first */
    int64_t deadline_ns;
    struct arena *arena; /* holds what was read */
};

struct line_trial_result {
    const char *language; /* as in language.h, static; NULL: nothing was read */
    float certainty;      /* of characters, 0 to 1; line_trial_is_read() judges it */
    float han_certainty;  /* of Han characters alone; 0 without any */
    const char *text;     /* lines joined by "\n" */
};

/*
 * Reads the lines with a model of every script.
 *
 * @seen: the script that was detected (ISO 15924), which is tried first, and alone where it reads
 *     the lines without doubt; NULL: none.
 * @ret: the surest, whether or not that is sure enough.
 *
 * Models that are not installed are left out. Fails as engine.h says.
 */
status_code line_trial_script(const struct line_trial *trial, const char *seen,
                              struct line_trial_result *ret, struct status *st) _must_check_;

/* Reads the lines with the usual language of the script that was detected (NULL: none). @ret:
 * language NULL: there is none. @ret_is_sure: whether they are in that script, beyond doubt. */
status_code line_trial_seen(const struct line_trial *trial, const char *seen,
                            struct line_trial_result *ret, bool *ret_is_sure,
                            struct status *st) _must_check_;

/* Reads the lines with one language's models ("de+en"). Where they are not installed: certainty 0.
 * Fails as engine.h says. */
status_code line_trial_language(const struct line_trial *trial, const char *language,
                                struct line_trial_result *ret, struct status *st) _must_check_;

/* True when lines were read so surely that their script must be the right one. */
bool line_trial_is_read(const struct line_trial_result *result);

/* True when no other model, and no other way up, needs to be tried. */
bool line_trial_is_without_doubt(const struct line_trial_result *result);
