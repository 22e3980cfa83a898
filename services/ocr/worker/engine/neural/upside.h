#pragma once

/*
 * Which lines stand on their heads: PP-OCR's text line orientation classifier.
 *
 * Source: Du et al., "PP-OCR" (2020), section 2.2; input as PaddleOCR documents it: 48 x 192. Of
 * longer lines the beginning is looked at. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/runtime.h"
#include "services/ocr/worker/engine/neural/text_line.h"

struct upside;

status_code upside_new(struct runtime *runtime, struct upside **ret_upside,
                       struct status *st) _must_check_;
void upside_free(struct upside *upside);
DEFINE_CLEANUP(struct upside *, upside)

/*
 * Looks at lines.
 *
 * @ret_probabilities: room for `count`; how likely each line stands on its head.
 *
 * Fails with RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is full, and as network_run().
 */
status_code upside_classify(struct upside *upside, const struct raster *page,
                            const struct text_line *lines, size_t count, struct arena *arena,
                            float *ret_probabilities, struct status *st) _must_check_;
