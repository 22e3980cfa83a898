#include "services/ocr/worker/recognize.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/calibration.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/read_layer.h"
#include "services/ocr/worker/read_picture.h"

/* An engine that was opened. */
struct opened {
    const struct engine_class *engine_class; /* NULL: free place */
    struct engine *engine;
};

struct recognizer {
    struct opened opened[ENGINE_TIERS];
    const struct engine_class *engine_class; /* of the page that is read; NULL until the first */
    struct engine *engine;
    const char *learnt_language; /* of the open document, in auto; static; NULL: none yet */
};

struct recognizer *recognizer_new(void)
{
    return calloc(1, sizeof(struct recognizer));
}

void recognizer_free(struct recognizer *recognizer)
{
    if (recognizer == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(recognizer->opened); i++)
        if (recognizer->opened[i].engine != NULL)
            recognizer->opened[i].engine_class->close(recognizer->opened[i].engine);
    free(recognizer);
}

void recognizer_next_document(struct recognizer *recognizer)
{
    recognizer->learnt_language = NULL;
}

static status_code use_engine(struct recognizer *recognizer, engine_tier tier, struct status *st)
{
    const struct engine_class *engine_class;
    struct opened *place = NULL;

    TRY(engine_find(tier, &engine_class, st));
    for (size_t i = 0; i < ARRAY_LENGTH(recognizer->opened) && place == NULL; i++)
        if (recognizer->opened[i].engine_class == NULL ||
            recognizer->opened[i].engine_class == engine_class)
            place = &recognizer->opened[i];
    assert(place != NULL); /* there is a place for each tier */
    if (place->engine == NULL)
        TRY(engine_class->open(&place->engine, st));
    place->engine_class = engine_class;
    recognizer->engine_class = engine_class;
    recognizer->engine = place->engine;
    return STATUS_OK;
}

status_code recognizer_prepare(struct recognizer *recognizer, engine_tier tier,
                               const char **ret_models_path, struct status *st)
{
    TRY(use_engine(recognizer, tier, st));
    return recognizer->engine_class->models_path(recognizer->engine, ret_models_path, st);
}

status_code recognize_page(struct recognizer *recognizer, struct decoder *decoder,
                           const struct recognize_request *request, struct arena *arena,
                           struct page *ret_page, const struct engine_class **ret_engine,
                           struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    struct attempt attempt = {
        .arena = arena,
        .page_index = request->page_index,
        .deadline_ns = time_mono_after_ms(PAGE_TIME_MAX_MS),
        .is_auto = strcmp(request->language, "auto") == 0,
        .language = request->language,
    };

    TRY(use_engine(recognizer, TIER_CPU, st));
    attempt.layer_class = recognizer->engine_class;
    attempt.layer_engine = recognizer->engine;
    TRY(use_engine(recognizer, request->tier, st));
    TRY(decoder_read_page(decoder, request->page_index, &image, st));
    attempt.engine_class = recognizer->engine_class;
    attempt.engine = recognizer->engine;
    attempt.image = image;
    if (attempt.is_auto)
        attempt.language = recognizer->learnt_language != NULL ? recognizer->learnt_language : "en";
    struct pdfdoc *pdf = decoder_pdf(decoder);
    if (pdf != NULL)
        TRY(read_layer(&attempt, pdf, st));
    else
        TRY(read_picture(&attempt, st));
    if (pdf != NULL && pdfdoc_is_page_damaged(pdf))
        page_warn(&attempt.page, "parts of the page are damaged and may be missing");
    if (attempt.is_auto && attempt_is_good(&attempt))
        recognizer->learnt_language = attempt.language;
    if (!request->is_uncalibrated && calibration_apply(&attempt.page))
        TRY(page_finish(&attempt.page, st));
    if (request->ret_image != NULL)
        *request->ret_image = TAKE(image);
    *ret_page = attempt.page;
    *ret_engine = recognizer->engine_class;
    return STATUS_OK;
}
