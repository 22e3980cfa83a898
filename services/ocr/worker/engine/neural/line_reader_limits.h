#pragma once

/*
 * How large the inputs of the recognition network's convolutions get, measured on lines of text.
 * Thread rule: any thread.
 */

#include "services/ocr/worker/engine/neural/onnx_rewrite.h"

extern const struct activation_limit line_reader_limits[];
extern const size_t line_reader_limit_count;
