#include "services/ocr/worker/engine/engine.h"

#ifdef HAS_NEURAL
#include "services/ocr/worker/engine/neural/neural.h"
#endif
#include "services/ocr/worker/engine/tesseract/tesseract.h"

static const struct engine_class *const engines[] = {
    &tesseract_engine,
#ifdef HAS_NEURAL
    &neural_engine,
#endif
};

status_code engine_find(engine_tier tier, const struct engine_class **ret_class, struct status *st)
{
    for (size_t i = 0; i < ARRAY_LENGTH(engines); i++)
        if (engines[i]->tier == tier) {
            *ret_class = engines[i];
            return STATUS_OK;
        }
    return FAIL(st, STATUS_UNAVAILABLE, "ENGINE_UNAVAILABLE",
                "no engine for this tier is installed here; use the cpu tier");
}
