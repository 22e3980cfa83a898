#pragma once

/*
 * The `cpu` engine: tesseract's LSTM recognition through its C API, one thread.
 *
 * Models are looked for in TESSDATA_PREFIX, else where tesseract was installed. They stay loaded
 * while there is room for them (models.h). Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/engine.h"

extern const struct engine_class tesseract_engine;
