#include "services/ocr/worker/engine/tesseract/models.h"

#include <stdbool.h>
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
    struct loaded brief; /* by models_get_briefly() */
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
    unload(&models->brief);
    free(models);
}

static status_code load(struct loaded *loaded, const char *name, struct status *st)
{
    /* Only orientation and script detection still needs the engine before the LSTM. */
    bool is_detection = strcmp(name, "osd") == 0;
    TessOcrEngineMode mode = is_detection ? OEM_TESSERACT_ONLY : OEM_LSTM_ONLY;

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
    /* It looks at up to five times so many, in four directions each; by default at 250, which took
     * a third of a second. With 20 three pages of 151 more were seen upside down. */
    if (is_detection)
        (void)TessBaseAPISetVariable(loaded->api, "min_characters_to_try", "30");
    return STATUS_OK;
}

static struct loaded *find(struct models *models, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++)
        if (models->loaded[i].name != NULL && strcmp(models->loaded[i].name, name) == 0)
            return &models->loaded[i];
    return NULL;
}

static struct loaded *least_recently_used(struct models *models)
{
    struct loaded *least = &models->loaded[0];

    for (size_t i = 1; i < ARRAY_LENGTH(models->loaded); i++)
        if (models->loaded[i].last_use < least->last_use)
            least = &models->loaded[i];
    return least;
}

static bool is_brief(const struct models *models, const char *name)
{
    return models->brief.name != NULL && strcmp(models->brief.name, name) == 0;
}

status_code models_get(struct models *models, const char *name, TessBaseAPI **ret_api,
                       struct status *st)
{
    struct loaded *place = find(models, name);

    if (place == NULL) {
        place = least_recently_used(models);
        unload(place);
        if (is_brief(models, name)) {
            *place = models->brief;
            models->brief = (struct loaded){0};
        } else {
            TRY(load(place, name, st));
        }
    }
    place->last_use = ++models->use_count;
    *ret_api = place->api;
    return STATUS_OK;
}

status_code models_get_briefly(struct models *models, const char *name, TessBaseAPI **ret_api,
                               struct status *st)
{
    const struct loaded *place = find(models, name);

    if (place == NULL) {
        place = &models->brief;
        if (!is_brief(models, name)) {
            unload(&models->brief);
            TRY(load(&models->brief, name, st));
        }
    }
    *ret_api = place->api;
    return STATUS_OK;
}
