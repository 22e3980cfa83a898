#include "services/ocr/worker/recognize.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "services/ocr/language.h"
#include "services/ocr/worker/attempt.h"
#include "services/ocr/worker/calibration.h"
#include "services/ocr/worker/pdfdoc.h"
#include "services/ocr/worker/read_layer.h"
#include "services/ocr/worker/read_picture.h"

struct opened {
    const struct engine_class *engine_class;
    struct engine *engine; /* NULL until its tier is asked for */
};

struct recognizer {
    struct opened of_tier[ENGINE_TIERS]; /* from the first tier on */
    const char *learnt_language;         /* of the open document, in auto; static; NULL: none yet */
};

struct recognizer *recognizer_new(void)
{
    return calloc(1, sizeof(struct recognizer));
}

void recognizer_free(struct recognizer *recognizer)
{
    if (recognizer == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(recognizer->of_tier); i++)
        if (recognizer->of_tier[i].engine != NULL)
            recognizer->of_tier[i].engine_class->close(recognizer->of_tier[i].engine);
    free(recognizer);
}

void recognizer_next_document(struct recognizer *recognizer)
{
    recognizer->learnt_language = NULL;
}

/* @ret_opened: lives as long as the recognizer. */
static status_code use_engine(struct recognizer *recognizer, engine_tier tier,
                              const struct opened **ret_opened, struct status *st)
{
    const struct engine_class *engine_class;

    TRY(engine_find(tier, &engine_class, st));
    struct opened *opened = &recognizer->of_tier[tier - TIER_CPU];
    if (opened->engine == NULL)
        TRY(engine_class->open(&opened->engine, st));
    opened->engine_class = engine_class;
    *ret_opened = opened;
    return STATUS_OK;
}

status_code recognizer_prepare(struct recognizer *recognizer, engine_tier tier,
                               const char **ret_models_path, struct status *st)
{
    const struct opened *opened;

    TRY(use_engine(recognizer, tier, &opened, st));
    return opened->engine_class->models_path(opened->engine, ret_models_path, st);
}

/* Of a page in two scripts nothing is learnt. */
static void learn_language(struct recognizer *recognizer, const char *language)
{
    const struct language *known = language_find(str_of(language));

    if (known != NULL)
        recognizer->learnt_language = known->code;
}

status_code recognize_page(struct recognizer *recognizer, struct decoder *decoder,
                           const struct recognize_request *request, struct arena *arena,
                           struct page *ret_page, const struct engine_class **ret_engine,
                           struct status *st)
{
    _cleanup_(image_freep) struct image *image = NULL;
    const struct opened *fastest, *asked;
    struct attempt attempt = {
        .arena = arena,
        .page_index = request->page_index,
        .deadline_ns = time_mono_after_ms(PAGE_TIME_MAX_MS),
        .is_auto = strcmp(request->language, "auto") == 0,
        .language = request->language,
    };

    TRY(use_engine(recognizer, TIER_CPU, &fastest, st));
    TRY(use_engine(recognizer, request->tier, &asked, st));
    TRY(decoder_read_page(decoder, request->page_index, &image, st));
    attempt.layer_class = fastest->engine_class;
    attempt.layer_engine = fastest->engine;
    attempt.engine_class = asked->engine_class;
    attempt.engine = asked->engine;
    attempt.image = image;
    if (attempt.is_auto)
        attempt.language = recognizer->learnt_language != NULL ? recognizer->learnt_language : "en";
    struct pdfdoc *pdf = decoder_pdf(decoder);
    status_code code = pdf != NULL ? read_layer(&attempt, pdf, st) : read_picture(&attempt, st);
    fastest->engine_class->end_page(fastest->engine);
    asked->engine_class->end_page(asked->engine);
    TRY(code);
    if (pdf != NULL && pdfdoc_is_page_damaged(pdf))
        page_warn(&attempt.page, "parts of the page are damaged and may be missing");
    if (attempt.is_auto && attempt_is_good(&attempt))
        learn_language(recognizer, attempt.language);
    if (!request->is_uncalibrated && calibration_apply(&attempt.page))
        TRY(page_finish(&attempt.page, st));
    if (request->ret_image != NULL)
        *request->ret_image = TAKE(image);
    *ret_page = attempt.page;
    *ret_engine = asked->engine_class;
    return STATUS_OK;
}
