#pragma once

/*
 * Loaded tesseract instances, one for each set of models ("deu+eng"). When they take too much
 * memory, those that were only looked at are given up first, then the least recently used ones.
 * Thread rule: one thread at a time.
 */

#include <stddef.h>

#include <tesseract/capi.h>

#include "lib/base/cleanup.h"
#include "lib/base/status.h"

enum {
    MODELS_MAX = 64,
    /* Of all that are loaded, the last one left aside: one takes 2 to 10 MiB, those of Chinese,
     * Japanese and Korean 13 to 36, "osd" 29. All scripts' together take 230. */
    MODELS_MAX_BYTES = 160 << 20,
    /* Beside networks, which read most lines: a worker that keeps more memory than it may
     * (worker_watch.h) is replaced, which takes longer than loading models. */
    MODELS_MAX_BYTES_BESIDE_NETWORKS = 96 << 20,
};

struct models;

/* NULL when out of memory. */
struct models *models_new(size_t bytes_max);
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

/* As models_get(), for a look at models of which most are not needed again: they are given up
 * before all others. */
status_code models_get_briefly(struct models *models, const char *name, TessBaseAPI **ret_api,
                               struct status *st) _must_check_;
