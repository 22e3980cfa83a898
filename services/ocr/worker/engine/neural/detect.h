#pragma once

/*
 * Where the lines of text are: PP-OCRv6's detection.
 *
 * Source: PP-OCR's detection (Du et al., "PP-OCR: A Practical Ultra Lightweight OCR System", 2020)
 * as PaddleOCR documents its input: sides of multiples of 32, grey from -1 to 1; text_map.h is what
 * follows. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/runtime.h"
#include "services/ocr/worker/engine/neural/text_map.h"

struct detector;

status_code detector_new(struct runtime *runtime, struct detector **ret_detector,
                         struct status *st) _must_check_;
void detector_free(struct detector *detector);
DEFINE_CLEANUP(struct detector *, detector)

/* The boxes of a page's lines, in its pixels. As text_map_find_boxes() and network_run(). */
status_code detector_find(struct detector *detector, const struct raster *page, struct arena *arena,
                          struct text_box **ret_boxes, size_t *ret_count,
                          struct status *st) _must_check_;
