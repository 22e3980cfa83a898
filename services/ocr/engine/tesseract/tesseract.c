#include "services/ocr/engine/tesseract/tesseract.h"

#include <stdlib.h>

#include <tesseract/capi.h>

#include "lib/base/clock.h"
#include "services/ocr/engine/tesseract/models.h"
#include "services/ocr/engine/tesseract/results.h"

struct engine {
    struct models *models;
};

DEFINE_CLEANUP_NAMED(ETEXT_DESC *, monitor_deletep, TessMonitorDelete)

static void tesseract_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    models_free(engine->models);
    free(engine);
}

static status_code tesseract_open(struct engine **ret_engine, struct status *st)
{
    struct engine *engine = calloc(1, sizeof(*engine));

    if (engine != NULL)
        engine->models = models_new();
    if (engine == NULL || engine->models == NULL) {
        tesseract_close(engine);
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "ENGINE_UNAVAILABLE", "out of memory");
    }
    *ret_engine = engine;
    return STATUS_OK;
}

/* Called by tesseract between words. */
static bool is_late(void *deadline, int word_count)
{
    (void)word_count;
    return time_mono() > *(const int64_t *)deadline;
}

static status_code recognize(TessBaseAPI *api, const struct engine_job *job, struct page *page,
                             struct status *st)
{
    _cleanup_(monitor_deletep) ETEXT_DESC *monitor = TessMonitorCreate();
    int64_t deadline_ns = job->deadline_ns;

    if (monitor == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, "PAGE_TOO_LARGE", "out of memory");
    TessMonitorSetCancelFunc(monitor, is_late);
    TessMonitorSetCancelThis(monitor, &deadline_ns);
    TessBaseAPISetPageSegMode(api, PSM_AUTO);
    TessBaseAPISetImage2(api, job->image->pix);
    if (job->image->dpi > 0)
        TessBaseAPISetSourceResolution(api, (int)job->image->dpi);
    if (TessBaseAPIRecognize(api, monitor) != 0 || is_late(&deadline_ns, 0))
        return FAIL(st, STATUS_DEADLINE_EXCEEDED, "PAGE_TIMEOUT",
                    "recognising the page took too long");
    return results_collect(api, page, st);
}

static status_code tesseract_read(struct engine *engine, const struct engine_job *job,
                                  struct page *page, struct status *st)
{
    TessBaseAPI *api;

    TRY(models_get(engine->models, job->models, &api, st));
    status_code code = recognize(api, job, page, st);
    /* Frees the page's data, keeps the models. */
    TessBaseAPIClear(api);
    return code;
}

const struct engine_class tesseract_engine = {
    .name = "tesseract",
    .tier = TIER_CPU,
    .version = TessVersion,
    .open = tesseract_open,
    .close = tesseract_close,
    .read = tesseract_read,
};
