#include "services/ocr/worker/engine/tesseract/models.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/ocr/worker/engine/tesseract/tesseract.h"

struct loaded {
    char *name; /* NULL: free place */
    TessBaseAPI *api;
    uint64_t last_use;
};

struct models {
    uint64_t use_count;
    struct loaded loaded[TESSERACT_MODELS_MAX];
};

struct models *models_new(void)
{
    return calloc(1, sizeof(struct models));
}

static void unload(struct loaded *loaded)
{
    if (loaded->api != NULL)
        TessBaseAPIDelete(loaded->api);
    free(loaded->name);
    *loaded = (struct loaded){0};
}

void models_free(struct models *models)
{
    if (models == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++)
        unload(&models->loaded[i]);
    free(models);
}

static status_code load(struct loaded *loaded, const char *name, struct status *st)
{
    /* Only orientation and script detection still needs the engine before the LSTM. */
    TessOcrEngineMode mode = strcmp(name, "osd") == 0 ? OEM_TESSERACT_ONLY : OEM_LSTM_ONLY;

    loaded->name = strdup(name);
    loaded->api = TessBaseAPICreate();
    if (loaded->name == NULL || loaded->api == NULL ||
        TessBaseAPIInit2(loaded->api, NULL, name, mode) != 0) {
        unload(loaded);
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the recognition model %s cannot be loaded", name);
    }
    /* Silence on stderr, which belongs to the worker's log. */
    (void)TessBaseAPISetVariable(loaded->api, "debug_file", "/dev/null");
    return STATUS_OK;
}

status_code models_get(struct models *models, const char *name, TessBaseAPI **ret_api,
                       struct status *st)
{
    struct loaded *place = &models->loaded[0];

    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++) {
        struct loaded *loaded = &models->loaded[i];
        if (loaded->name != NULL && strcmp(loaded->name, name) == 0) {
            loaded->last_use = ++models->use_count;
            *ret_api = loaded->api;
            return STATUS_OK;
        }
        if (loaded->last_use < place->last_use)
            place = loaded;
    }
    unload(place);
    TRY(load(place, name, st));
    place->last_use = ++models->use_count;
    *ret_api = place->api;
    return STATUS_OK;
}
