#include "services/ocr/worker/engine/tesseract/tesseract.h"

#include <stdlib.h>
#include <string.h>

#include <tesseract/capi.h>

#include "lib/base/clock.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/tesseract/models.h"
#include "services/ocr/worker/engine/tesseract/residue.h"
#include "services/ocr/worker/engine/tesseract/results.h"
#include "services/ocr/worker/picture/ink.h"
#include "services/ocr/worker/picture/legible.h"
#include "services/ocr/worker/picture/pix.h"
#include "services/ocr/worker/picture/text_rows.h"

struct engine {
    struct models *models;
    char *models_path; /* NULL until it was asked for */
    /* The page's picture is asked for several times. */
    struct Pix *source; /* what `legible` was made of, held so that no other has its address */
    struct legible legible;
};

DEFINE_CLEANUP_NAMED(ETEXT_DESC *, monitor_deletep, TessMonitorDelete)

static void tesseract_end_page(struct engine *engine)
{
    legible_deinit(&engine->legible);
    pixDestroy(&engine->source);
}

static void tesseract_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    tesseract_end_page(engine);
    models_free(engine->models);
    free(engine->models_path);
    free(engine);
}

static status_code open_within(size_t models_max_bytes, struct engine **ret_engine,
                               struct status *st)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    if (engine != NULL)
        engine->models = models_new(models_max_bytes);
    if (engine == NULL || engine->models == NULL) {
        tesseract_close(engine);
        return FAIL_PAGE_MEMORY(st);
    }
    *ret_engine = engine;
    return STATUS_OK;
}

static status_code tesseract_open(struct engine **ret_engine, struct status *st)
{
    return open_within(MODELS_MAX_BYTES, ret_engine, st);
}

status_code tesseract_open_beside_networks(struct engine **ret_engine, struct status *st)
{
    return open_within(MODELS_MAX_BYTES_BESIDE_NETWORKS, ret_engine, st);
}

static status_code tesseract_models_path(struct engine *engine, const char **ret_path,
                                         struct status *st)
{
    TessBaseAPI *api;

    TRY(models_get(engine->models, "eng", &api, st));
    free(engine->models_path);
    engine->models_path = strdup(TessBaseAPIGetDatapath(api));
    if (engine->models_path == NULL)
        return FAIL_MEMORY(st);
    *ret_path = engine->models_path;
    return STATUS_OK;
}

/* @ret_legible: lives until another picture is asked for, or the page's end. */
static status_code make_legible(struct engine *engine, const struct image *image,
                                const struct legible **ret_legible, struct status *st)
{
    if (engine->source != image->pix) {
        tesseract_end_page(engine);
        TRY(legible_init(&engine->legible, image, st));
        engine->source = pixClone(image->pix);
    }
    *ret_legible = &engine->legible;
    return STATUS_OK;
}

/* Called by tesseract between words. */
static bool is_late(void *deadline, int word_count)
{
    (void)word_count;
    return time_mono() > *(const int64_t *)deadline;
}

static const TessPageSegMode modes[] = {
    [LAYOUT_PAGE] = PSM_AUTO,          [LAYOUT_COLUMN] = PSM_SINGLE_COLUMN,
    [LAYOUT_BLOCK] = PSM_SINGLE_BLOCK, [LAYOUT_LINE] = PSM_SINGLE_LINE,
    [LAYOUT_STRIP] = PSM_RAW_LINE,     [LAYOUT_SPARSE] = PSM_SPARSE_TEXT,
};

/* @image: what stands for the page's own. */
static void set_image(TessBaseAPI *api, const struct image *image, TessPageSegMode mode)
{
    TessBaseAPISetPageSegMode(api, mode);
    TessBaseAPISetImage2(api, image->pix);
    if (image->dpi > 0)
        TessBaseAPISetSourceResolution(api, (int)image->dpi);
}

static status_code recognize(TessBaseAPI *api, const struct engine_job *job,
                             const struct image *image, struct status *st)
{
    _cleanup_(monitor_deletep) ETEXT_DESC *monitor = TessMonitorCreate();
    int64_t deadline_ns = job->deadline_ns;

    if (monitor == NULL)
        return FAIL_PAGE_MEMORY(st);
    TessMonitorSetCancelFunc(monitor, is_late);
    TessMonitorSetCancelThis(monitor, &deadline_ns);
    set_image(api, image, modes[job->layout]);
    if (TessBaseAPIRecognize(api, monitor) != 0 || is_late(&deadline_ns, 0))
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, "PAGE_TIMEOUT",
                    "recognising the page took too long");
    return STATUS_OK;
}

/* Reads what the first reading left out. */
static status_code read_residue(TessBaseAPI *api, const struct engine_job *job,
                                const struct legible *legible, struct page *page,
                                size_t first_block, struct status *st)
{
    _cleanup_(residue_deinit) struct residue residue = {0};
    struct engine_job sparse = *job;
    uint32_t unused_turns;
    struct page found;

    TRY(residue_init(&residue, legible, page, first_block, st));
    if (residue.image == NULL)
        return STATUS_OK;
    sparse.layout = LAYOUT_SPARSE;
    page_begin(&found, page->arena);
    TRY(recognize(api, &sparse, residue.image, st));
    TRY(results_collect(api, residue.image->dpi, &found, &unused_turns, st));
    return residue_merge(page, first_block, legible, &found, st);
}

/* Reads a page, of which nothing is known yet: its picture is made legible first. */
static status_code read_page(struct engine *engine, TessBaseAPI *api, const struct engine_job *job,
                             struct page *page, uint32_t *ret_quarter_turns, struct status *st)
{
    const struct legible *legible;
    size_t blocks_before = page->block_count;

    TRY(make_legible(engine, job->image, &legible, st));
    TRY(recognize(api, job, legible->image, st));
    TRY(results_collect(api, legible->image->dpi, page, ret_quarter_turns, st));
    if (job->layout == LAYOUT_PAGE && *ret_quarter_turns == 0)
        TRY(read_residue(api, job, legible, page, blocks_before, st));
    for (size_t b = blocks_before; b < page->block_count; b++)
        legible_block_to_page(legible, &page->blocks[b]);
    return STATUS_OK;
}

/* Reads what was cut out to be read. */
static status_code read_part(TessBaseAPI *api, const struct engine_job *job, struct page *page,
                             uint32_t *ret_quarter_turns, struct status *st)
{
    TRY(recognize(api, job, job->image, st));
    return results_collect(api, job->image->dpi, page, ret_quarter_turns, st);
}

static status_code tesseract_read(struct engine *engine, const struct engine_job *job,
                                  struct page *page, uint32_t *ret_quarter_turns, struct status *st)
{
    TessBaseAPI *api;

    TRY(models_get(engine->models, job->models, &api, st));
    status_code code = job->layout == LAYOUT_PAGE || job->layout == LAYOUT_SPARSE
                           ? read_page(engine, api, job, page, ret_quarter_turns, st)
                           : read_part(api, job, page, ret_quarter_turns, st);
    /* Frees the page's data, keeps the models. */
    TessBaseAPIClear(api);
    return code;
}

static status_code tesseract_try_line(struct engine *engine, const struct engine_job *job,
                                      struct arena *arena, struct engine_trial *ret,
                                      struct status *st)
{
    TessBaseAPI *api;

    TRY(models_get_briefly(engine->models, job->models, &api, st));
    status_code code = recognize(api, job, job->image, st);
    if (code == STATUS_OK)
        code = results_sum_up(api, arena, ret, st);
    TessBaseAPIClear(api);
    return code;
}

static status_code tesseract_find_lines(struct engine *engine, const struct engine_job *job,
                                        size_t max, struct bbox *ret_boxes, size_t *ret_count,
                                        struct status *st)
{
    const struct legible *legible;
    TessBaseAPI *api;

    TRY(models_get(engine->models, job->models, &api, st));
    TRY(make_legible(engine, job->image, &legible, st));
    set_image(api, legible->image, modes[job->layout]);
    *ret_count = results_find_lines(api, max, ret_boxes);
    TessBaseAPIClear(api);
    for (size_t i = 0; i < *ret_count; i++)
        ret_boxes[i] = legible_to_page(legible, ret_boxes[i]);
    return STATUS_OK;
}

static status_code tesseract_find_rows(struct engine *engine, struct image *image, size_t max,
                                       struct bbox *ret_boxes, size_t *ret_count, struct status *st)
{
    _cleanup_(pix_freep) struct Pix *ink = NULL;
    const struct legible *legible;

    TRY(make_legible(engine, image, &legible, st));
    *ret_count = 0;
    if (legible->letter_height == 0)
        return STATUS_OK;
    TRY(ink_find(legible->image->pix, &ink, st));
    TRY(text_rows_find(ink, legible->letter_height, max, ret_boxes, ret_count, st));
    for (size_t i = 0; i < *ret_count; i++)
        ret_boxes[i] = legible_to_page(legible, ret_boxes[i]);
    return STATUS_OK;
}

static bool tesseract_is_same(const char *models, const char *others)
{
    return strcmp(models, others) == 0;
}

/* Tesseract's names of scripts that are not ISO 15924 with other letters. */
static const char *script_code(const char *name)
{
    static const struct {
        const char *name;
        const char *code;
    } scripts[] = {
        {"Latin", "Latn"},      {"Cyrillic", "Cyrl"},  {"Greek", "Grek"},    {"Han", "Hani"},
        {"Japanese", "Jpan"},   {"Hiragana", "Jpan"},  {"Katakana", "Jpan"}, {"Korean", "Kore"},
        {"Hangul", "Kore"},     {"Arabic", "Arab"},    {"Hebrew", "Hebr"},   {"Thai", "Thai"},
        {"Devanagari", "Deva"}, {"Bengali", "Beng"},   {"Tamil", "Taml"},    {"Telugu", "Telu"},
        {"Kannada", "Knda"},    {"Malayalam", "Mlym"}, {"Gujarati", "Gujr"}, {"Gurmukhi", "Guru"},
        {"Oriya", "Orya"},      {"Sinhala", "Sinh"},   {"Georgian", "Geor"}, {"Armenian", "Armn"},
        {"Ethiopic", "Ethi"},   {"Khmer", "Khmr"},     {"Lao", "Laoo"},      {"Myanmar", "Mymr"},
        {"Tibetan", "Tibt"},    {"Cherokee", "Cher"},  {"Fraktur", "Latf"},  {"Syriac", "Syrc"},
        {"Thaana", "Thaa"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++)
        if (strcmp(name, scripts[i].name) == 0)
            return scripts[i].code;
    return NULL;
}

static bool tesseract_detect(struct engine *engine, struct image *image,
                             struct engine_detection *ret)
{
    /* In tesseract's own measure. Below it a script is as often wrong as right. */
    const float script_confidence_min = 0.5f;
    const struct legible *legible;
    struct status unused;
    TessBaseAPI *api;
    const char *script = NULL;
    int degrees = 0;
    float turn_confidence = 0, script_confidence = 0;

    if (models_get(engine->models, "osd", &api, &unused) != STATUS_OK ||
        make_legible(engine, image, &legible, &unused) != STATUS_OK)
        return false;
    set_image(api, legible->image, PSM_OSD_ONLY);
    bool is_found = TessBaseAPIDetectOrientationScript(api, &degrees, &turn_confidence, &script,
                                                       &script_confidence);
    TessBaseAPIClear(api);
    if (!is_found || script == NULL)
        return false;
    ret->quarter_turns = (uint32_t)(360 - degrees) / 90 % 4;
    ret->turn_confidence = turn_confidence;
    ret->likeliest_script = script_code(script);
    ret->script = script_confidence < script_confidence_min ? NULL : ret->likeliest_script;
    return true;
}

const struct engine_class tesseract_engine = {
    .name = "tesseract",
    .tier = TIER_CPU,
    .version = TessVersion,
    .open = tesseract_open,
    .close = tesseract_close,
    .models_path = tesseract_models_path,
    .read = tesseract_read,
    .try_line = tesseract_try_line,
    .find_lines = tesseract_find_lines,
    .find_rows = tesseract_find_rows,
    .is_same = tesseract_is_same,
    .detect = tesseract_detect,
    .end_page = tesseract_end_page,
};
