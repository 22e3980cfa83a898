#pragma once

/*
 * From the symbols of a line to its words and their places.
 *
 * A symbol stands where the recognizer was surest of it, about in the middle of its glyph. Words
 * are cut in the widest blank between the glyphs on both sides of a space, and their boxes are what
 * is inked between the cuts. Thread rule: one thread at a time.
 */

#include "lib/base/arena.h"
#include "services/ocr/worker/engine/neural/ctc.h"
#include "services/ocr/worker/engine/neural/strip.h"
#include "services/ocr/worker/engine/neural/text_line.h"

/*
 * Sets the words and the confidence of a line.
 *
 * @labels: the text of each label, UTF-8; borrowed as long as the words live.
 * @pixels_per_step: of the strip.
 * @arena: holds the words.
 *
 * False when the arena is full. Words of scripts without spaces end where the script does.
 */
bool spans_of_line(const struct ctc_symbol *symbols, size_t count, const char *const *labels,
                   const struct strip *strip, float pixels_per_step, struct arena *arena,
                   struct text_line *line);
