#include "services/ocr/recognize.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/language.h"

struct recognizer {
    const struct engine_class *engine_class;
    struct engine *engine; /* NULL until the first page */
};

struct recognizer *recognizer_new(void)
{
    return calloc(1, sizeof(struct recognizer));
}

void recognizer_free(struct recognizer *recognizer)
{
    if (recognizer == NULL)
        return;
    if (recognizer->engine != NULL)
        recognizer->engine_class->close(recognizer->engine);
    free(recognizer);
}

void recognizer_next_document(struct recognizer *recognizer)
{
    (void)recognizer;
}

static status_code use_engine(struct recognizer *recognizer, engine_tier tier, struct status *st)
{
    const struct engine_class *engine_class;

    TRY(engine_find(tier, &engine_class, st));
    if (recognizer->engine != NULL && recognizer->engine_class == engine_class)
        return STATUS_OK;
    struct engine *engine;
    TRY(engine_class->open(&engine, st));
    if (recognizer->engine != NULL)
        recognizer->engine_class->close(recognizer->engine);
    recognizer->engine_class = engine_class;
    recognizer->engine = engine;
    return STATUS_OK;
}

status_code recognize_page(struct recognizer *recognizer, struct decoder *decoder,
                           const struct recognize_request *request, struct arena *arena,
                           struct page *ret_page, const struct engine_class **ret_engine,
                           struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct page page;

    TRY(use_engine(recognizer, request->tier, st));
    TRY(decoder_read_page(decoder, request->page_index, &image, st));
    page_begin(&page, arena);
    page.index = request->page_index;
    page.width = image->width;
    page.height = image->height;
    page.dpi = image->dpi;
    page.source = TEXT_RECOGNIZED;
    bool is_auto = strcmp(request->language, "auto") == 0;
    struct str codes = is_auto ? STR("en") : str_of(request->language);
    struct engine_job job = {
        .image = image,
        .models = language_to_tesseract(codes, arena),
        .deadline_ns = time_mono_after_ms(PAGE_TIME_MAX_MS),
    };
    if (job.models == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, "UNKNOWN_LANGUAGE", "unknown language");
    TRY(recognizer->engine_class->read(recognizer->engine, &job, &page, st));
    TRY(page_finish(&page, st));
    *ret_page = page;
    *ret_engine = recognizer->engine_class;
    return STATUS_OK;
}
