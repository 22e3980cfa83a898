#pragma once

/*
 * Words in Latin letters in lines of another script: cut out and read by the networks.
 *
 * Of a line that is mostly in letters that they do not know, the networks leave out or spoil the
 * rest, too, while tesseract makes letters of that script of it; but it is not sure of them, and
 * the networks are of a word alone. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/engine/neural/line_reader.h"

enum {
    /* Of a page; further ones stay as they were read. */
    OTHER_WORDS_MAX = 2000,
};

/*
 * Reads doubtful words of lines again, and takes what is surely Latin.
 *
 * @lines: those that tesseract has read are looked at.
 * @script: of these (ISO 15924).
 * @arena: holds the words.
 *
 * Fails as line_reader_read().
 */
status_code other_words_read(struct line_reader *reader, const struct raster *page,
                             const char *script, struct text_line *lines, size_t count,
                             int64_t deadline_ns, struct arena *arena,
                             struct status *st) _must_check_;
