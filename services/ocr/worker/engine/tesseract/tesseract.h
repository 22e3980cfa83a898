#pragma once

/*
 * The `cpu` engine: tesseract's LSTM recognition through its C API, one thread.
 *
 * Models are looked for in TESSDATA_PREFIX, else where tesseract was installed. They stay loaded
 * while there is room for them (models.h). Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/engine.h"

extern const struct engine_class tesseract_engine;

/* As its `open`, for what networks do not read: fewer models stay loaded. */
status_code tesseract_open_beside_networks(struct engine **ret_engine,
                                           struct status *st) _must_check_;
