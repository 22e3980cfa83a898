#include "services/ocr/worker/engine/neural/neural.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "services/ocr/page_too_large.h"
#include "services/ocr/worker/engine/neural/compose.h"
#include "services/ocr/worker/engine/neural/other_scripts.h"
#include "services/ocr/worker/engine/neural/page_lines.h"
#include "services/ocr/worker/engine/tesseract/tesseract.h"

struct engine {
    const char *folder; /* of models and runtime */
    struct runtime *runtime;
    struct networks networks; /* NULL each until the first page */
    struct engine *tesseract;
    struct page_lines *lines; /* of the page that was read last; NULL: of none */
};

static void neural_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    page_lines_free(engine->lines);
    detector_free(engine->networks.detector);
    upside_free(engine->networks.upside);
    line_reader_free(engine->networks.reader);
    region_finder_free(engine->networks.regions);
    tesseract_engine.close(engine->tesseract);
    runtime_close(engine->runtime);
    free(engine);
}

DEFINE_CLEANUP_NAMED(struct engine *, neural_closep, neural_close)

static uint32_t configured_threads(void)
{
    const char *text = getenv("NEURAL_THREADS");
    int64_t threads;

    return text != NULL && str_to_int64(str_of(text), &threads) && threads >= 1 &&
                   threads <= RUNTIME_THREADS_MAX
               ? (uint32_t)threads
               : 1;
}

static status_code neural_open(struct engine **ret_engine, struct status *st)
{
    _cleanup_(neural_closep) struct engine *engine = calloc(1, sizeof(*engine));
    const char *folder = getenv("NEURAL_PATH");

    if (engine == NULL)
        return FAIL_MEMORY(st);
    engine->folder = folder != NULL && folder[0] != '\0' ? folder : NEURAL_PATH_BUILT;
    TRY(runtime_open(engine->folder, configured_threads(), &engine->runtime, st));
    TRY(tesseract_open_beside_networks(&engine->tesseract, st));
    *ret_engine = TAKE(engine);
    return STATUS_OK;
}

static status_code neural_models_path(struct engine *engine, const char **ret_path,
                                      struct status *st)
{
    (void)st;
    *ret_path = engine->folder;
    return STATUS_OK;
}

static status_code load_networks(struct engine *engine, struct status *st)
{
    if (engine->networks.detector == NULL)
        TRY(detector_new(engine->runtime, &engine->networks.detector, st));
    if (engine->networks.reader == NULL)
        TRY(line_reader_new(engine->runtime, &engine->networks.reader, st));
    if (engine->networks.upside == NULL)
        TRY(upside_new(engine->runtime, &engine->networks.upside, st));
    if (engine->networks.regions == NULL)
        TRY(region_finder_new(engine->runtime, &engine->networks.regions, st));
    return STATUS_OK;
}

/* --- One page --- */

/* The lines of the page, which are there already when it is read once more, for other languages or
 * because it was turned upright. */
static status_code find_lines(struct engine *engine, const struct engine_job *job,
                              struct status *st)
{
    bool is_same = false;

    if (engine->lines != NULL)
        TRY(page_lines_follow(engine->lines, &engine->networks, job->image, &is_same, st));
    if (is_same)
        return STATUS_OK;
    page_lines_free(TAKE(engine->lines));
    TRY(load_networks(engine, st));
    return page_lines_new(&engine->networks, engine->tesseract, job, &engine->lines, st);
}

static status_code neural_read(struct engine *engine, const struct engine_job *job,
                               struct page *page, uint32_t *ret_quarter_turns, struct status *st)
{
    struct text_line *lines;
    size_t count;

    TRY(find_lines(engine, job, st));
    TRY(page_lines_read_others(engine->lines, engine->networks.reader, engine->tesseract, job,
                               page->arena, &lines, &count, st));
    const struct page_regions regions = page_lines_regions(engine->lines);
    if (!compose_page(page, lines, count, regions.regions, regions.count))
        return FAIL_PAGE_TEXT(st);
    if (!other_scripts_are_meant(job->models) && page_lines_language(engine->lines) != NULL)
        page->language = page_lines_language(engine->lines);
    *ret_quarter_turns = page_lines_turns(engine->lines);
    return STATUS_OK;
}

/* The networks read all their scripts at once. */
static bool neural_is_same(const char *models, const char *others)
{
    return strcmp(models, others) == 0 ||
           (!other_scripts_are_meant(models) && !other_scripts_are_meant(others));
}

static bool neural_detect(struct engine *engine, struct image *image, struct engine_detection *ret)
{
    return tesseract_engine.detect(engine->tesseract, image, ret);
}

static void neural_end_page(struct engine *engine)
{
    tesseract_engine.end_page(engine->tesseract);
}

static const char *neural_version(void)
{
    return "PP-OCRv6 small";
}

const struct engine_class neural_engine = {
    .name = "neural",
    .tier = TIER_VLM,
    .version = neural_version,
    .open = neural_open,
    .close = neural_close,
    .models_path = neural_models_path,
    .read = neural_read,
    .is_same = neural_is_same,
    .detect = neural_detect,
    .end_page = neural_end_page,
};
