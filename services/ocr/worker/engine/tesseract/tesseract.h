#pragma once

/*
 * The `cpu` engine: tesseract's LSTM recognition through its C API, one thread.
 *
 * Models are looked for in TESSDATA_PREFIX, else where tesseract was installed. The most recently
 * used TESSERACT_MODELS_MAX sets of models stay loaded. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/engine.h"

enum {
    /* Sets of models ("deu+eng") kept loaded, each 10 to 60 MiB. */
    TESSERACT_MODELS_MAX = 4,
};

extern const struct engine_class tesseract_engine;
