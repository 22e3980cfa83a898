#pragma once

/*
 * What the lines of text say: PP-OCRv6's recognition.
 *
 * Lines are scaled to the network's height and read in batches of like width. The network knows the
 * characters that its file names: Chinese, Japanese and Latin letters with what is printed among
 * them; of other scripts it makes nonsense, seldom with confidence.
 * Source: Li et al., "PP-OCRv3" (2022) and PaddleOCR's documentation for the input; ctc.h, spans.h
 * for what follows. Thread rule: one thread at a time.
 */

#include <stdint.h>

#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/runtime.h"
#include "services/ocr/worker/engine/neural/text_line.h"

struct line_reader;

status_code line_reader_new(struct runtime *runtime, struct line_reader **ret_reader,
                            struct status *st) _must_check_;
void line_reader_free(struct line_reader *reader);
DEFINE_CLEANUP(struct line_reader *, line_reader)

/*
 * Sets the words and confidences of lines; of a line without text they are 0.
 *
 * @arena: holds the words.
 *
 * Fails with DEADLINE_EXCEEDED PAGE_TIMEOUT, RESOURCE_EXHAUSTED PAGE_TOO_LARGE when the arena is
 * full, and as network_run().
 */
status_code line_reader_read(struct line_reader *reader, const struct raster *page,
                             struct text_line *const *lines, size_t count, int64_t deadline_ns,
                             struct arena *arena, struct status *st) _must_check_;
