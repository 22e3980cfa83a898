#include "services/ocr/worker/engine/tesseract/models.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct loaded {
    char *name; /* NULL: free place */
    TessBaseAPI *api;
    size_t bytes; /* that loading it took */
    uint64_t last_use;
    bool is_brief; /* was got by models_get_briefly() alone */
};

struct models {
    uint64_t use_count;
    size_t bytes;
    size_t bytes_max;
    struct loaded loaded[MODELS_MAX];
};

struct models *models_new(size_t bytes_max)
{
    struct models *models = calloc(1, sizeof(*models));

    if (models != NULL)
        models->bytes_max = bytes_max;
    return models;
}

static void unload(struct models *models, struct loaded *loaded)
{
    if (loaded->api != NULL)
        TessBaseAPIDelete(loaded->api);
    free(loaded->name);
    models->bytes -= loaded->bytes;
    *loaded = (struct loaded){0};
}

void models_free(struct models *models)
{
    if (models == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++)
        unload(models, &models->loaded[i]);
    free(models);
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static status_code load(struct models *models, struct loaded *loaded, const char *name,
                        struct status *st)
{
    /* Only orientation and script detection still needs the engine before the LSTM. */
    bool is_detection = strcmp(name, "osd") == 0;
    size_t bytes_before = heap_bytes();
    TessOcrEngineMode mode = is_detection ? OEM_TESSERACT_ONLY : OEM_LSTM_ONLY;

    loaded->name = strdup(name);
    loaded->api = TessBaseAPICreate();
    if (loaded->name == NULL || loaded->api == NULL ||
        TessBaseAPIInit2(loaded->api, NULL, name, mode) != 0) {
        unload(models, loaded);
        return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE",
                    "the recognition model %s cannot be loaded", name);
    }
    /* Silence on stderr, which belongs to the worker's log. */
    (void)TessBaseAPISetVariable(loaded->api, "debug_file", "/dev/null");
    /* It looks at up to five times so many, in four directions each; by default at 250, which took
     * a third of a second. With 20 three pages of 151 more were seen upside down. */
    if (is_detection)
        (void)TessBaseAPISetVariable(loaded->api, "min_characters_to_try", "30");
    size_t bytes = heap_bytes();
    loaded->bytes = bytes > bytes_before ? bytes - bytes_before : 0;
    models->bytes += loaded->bytes;
    return STATUS_OK;
}

static struct loaded *find(struct models *models, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++)
        if (models->loaded[i].name != NULL && strcmp(models->loaded[i].name, name) == 0)
            return &models->loaded[i];
    return NULL;
}

/* Whether a model is to be given up before another one. All scripts' models are tried in turn, so
 * that of these the one that was tried last is needed last; but what has not been tried for some
 * rounds is hardly tried any more. */
static bool goes_before(const struct models *models, const struct loaded *one,
                        const struct loaded *other, bool is_for_brief)
{
    enum { LONG_AGO = 256 };
    const struct loaded *older = one->last_use < other->last_use ? one : other;

    if (one->is_brief != other->is_brief)
        return one->is_brief;
    bool is_older_first =
        !one->is_brief || !is_for_brief || models->use_count - older->last_use > LONG_AGO;
    return is_older_first == (one == older);
}

/* Gives up another model than this one; false: there is none. */
static bool give_up_one(struct models *models, const struct loaded *kept)
{
    struct loaded *first = NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++) {
        struct loaded *at = &models->loaded[i];
        if (at->name != NULL && at != kept &&
            (first == NULL || goes_before(models, at, first, kept != NULL && kept->is_brief)))
            first = at;
    }
    if (first != NULL)
        unload(models, first);
    return first != NULL;
}

static struct loaded *free_place(struct models *models)
{
    for (size_t i = 0; i < ARRAY_LENGTH(models->loaded); i++)
        if (models->loaded[i].name == NULL)
            return &models->loaded[i];
    return NULL;
}

static status_code get(struct models *models, const char *name, bool is_brief,
                       TessBaseAPI **ret_api, struct status *st)
{
    struct loaded *place = find(models, name);

    models->use_count++;
    if (place == NULL) {
        while ((place = free_place(models)) == NULL)
            (void)give_up_one(models, NULL);
        TRY(load(models, place, name, st));
        place->is_brief = is_brief;
        while (models->bytes > models->bytes_max && give_up_one(models, place))
            ;
    }
    place->is_brief = place->is_brief && is_brief;
    place->last_use = models->use_count;
    *ret_api = place->api;
    return STATUS_OK;
}

status_code models_get(struct models *models, const char *name, TessBaseAPI **ret_api,
                       struct status *st)
{
    return get(models, name, false, ret_api, st);
}

status_code models_get_briefly(struct models *models, const char *name, TessBaseAPI **ret_api,
                               struct status *st)
{
    return get(models, name, true, ret_api, st);
}
