#pragma once

/*
 * Lines in scripts that the networks do not know: tesseract reads them, one by one, in the boxes
 * that were found for them.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/engine/neural/raster.h"
#include "services/ocr/worker/engine/neural/text_line.h"

/* True when tesseract's models ("rus+eng") are for what line_reader.h does not read, or not well.
 */
bool other_scripts_are_meant(const char *models);

/* True when they are for scripts that it reads, some letters of a language aside. */
bool other_scripts_are_letters_alone(const char *models);

/* True when line_reader.h reads a script (ISO 15924). */
bool other_scripts_is_known(const char *script);

/* What reads, and how: as in struct engine_job. */
struct other_scripts {
    struct engine *tesseract; /* opened by tesseract_engine */
    const char *models;
    engine_layout layout; /* LAYOUT_BLOCK or LAYOUT_STRIP */
    float dpi;
    int64_t deadline_ns;
};

/*
 * Reads one line, and takes what it says where that is surer than what the line has.
 *
 * @arena: holds the words.
 *
 * Fails as engine.h says.
 */
status_code other_scripts_read(const struct other_scripts *how, const struct raster *page,
                               struct text_line *line, struct arena *arena,
                               struct status *st) _must_check_;

/*
 * Finds the language of lines that line_reader.h could not read (choose_language_of_lines()).
 *
 * @how: all but the models.
 * @lines: the longest first; at least one.
 * @is_thorough: also where none but letters that line_reader.h knows are seen, as they are of
 *     scripts that tesseract's detection has never seen. Takes seconds.
 * @ret_language: as in language.h, static; NULL: one that line_reader.h reads, or none.
 *
 * Fails as engine.h says.
 */
status_code other_scripts_find(const struct other_scripts *how, const struct raster *page,
                               const struct text_line *const *lines, size_t count, bool is_thorough,
                               struct arena *arena, const char **ret_language,
                               struct status *st) _must_check_;

/*
 * How sure the models are of lines: the mean over the longest of them, as they lie, or each turned
 * upside down; 0 when the models are not installed.
 *
 * Fails as engine.h says.
 */
status_code other_scripts_try(const struct other_scripts *how, const struct raster *page,
                              const struct text_line *const *lines, size_t count,
                              bool is_upside_down, struct arena *arena, float *ret_confidence,
                              struct status *st) _must_check_;
