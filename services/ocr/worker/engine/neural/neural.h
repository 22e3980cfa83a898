#pragma once

/*
 * The engine of tier vlm that needs no server: detection, recognition and layout by networks on the
 * processor, and tesseract, line by line, for what these cannot read.
 *
 * NEURAL_PATH names the folder of the models and their runtime; where it is not set, the folder
 * that the program was built with. NEURAL_THREADS: threads for one page, 1 when it is not set.
 */

#include "services/ocr/worker/engine/engine.h"

extern const struct engine_class neural_engine;
