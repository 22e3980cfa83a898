#pragma once

/*
 * Loaded tesseract instances, one for each set of models, the least recently used one given up
 * when there are too many. Thread rule: one thread at a time.
 */

#include <tesseract/capi.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

struct models;

/* NULL when out of memory. */
struct models *models_new(void);
void models_free(struct models *models);
DEFINE_CLEANUP(struct models *, models)

/*
 * An instance for the models of that name ("deu+eng", or "osd" for orientation and script), loaded
 * when it is not there yet. Belongs to `models`, and lives until the next call.
 *
 * Fails with UNAVAILABLE MODEL_UNAVAILABLE when tesseract cannot load them.
 */
status_code models_get(struct models *models, const char *name, TessBaseAPI **ret_api,
                       struct status *st) _must_check_;

/* As models_get(), for a look at models of which most are not needed again: no other model is given
 * up for them, but for the one that was got briefly before. */
status_code models_get_briefly(struct models *models, const char *name, TessBaseAPI **ret_api,
                               struct status *st) _must_check_;
