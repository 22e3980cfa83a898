#pragma once

/*
 * The lines of one page: found, turned the right way, and read as far as the networks can.
 *
 * Kept while the page is read, so that reading it once more, in another language, costs only the
 * lines that this makes a difference for. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/engine/neural/detect.h"
#include "services/ocr/worker/engine/neural/line_reader.h"
#include "services/ocr/worker/engine/neural/regions.h"
#include "services/ocr/worker/engine/neural/text_line.h"
#include "services/ocr/worker/engine/neural/upside.h"

enum {
    /* Pixels, lines, and what finding them takes. */
    PAGE_LINES_MAX_BYTES = 512 << 20,
};

/* All borrowed. */
struct networks {
    struct detector *detector;
    struct upside *upside;
    struct line_reader *reader;
    struct region_finder *regions;
};

struct page_regions {
    const struct region *regions;
    size_t count;
};

struct page_lines;

/*
 * @tesseract: opened by tesseract_engine; it is asked how pages lie that the networks cannot read.
 *
 * Fails as engine.h says of reading.
 */
status_code page_lines_new(const struct networks *networks, struct engine *tesseract,
                           const struct engine_job *job, struct page_lines **ret_lines,
                           struct status *st) _must_check_;
void page_lines_free(struct page_lines *lines);
DEFINE_CLEANUP(struct page_lines *, page_lines)

/*
 * Sees whether an image is the page, as it was or turned by page_lines_turns(), and moves the lines
 * to where they are on it.
 *
 * Fails as region_finder_find() says.
 */
status_code page_lines_follow(struct page_lines *lines, const struct networks *networks,
                              const struct image *image, bool *ret_is_same,
                              struct status *st) _must_check_;

/* Quarters clockwise that would make most of the text upright. */
uint32_t page_lines_turns(const struct page_lines *lines);

/* The language that page_lines_read_others() has found, as in language.h, static; NULL: none. */
const char *page_lines_language(const struct page_lines *lines);

struct page_regions page_lines_regions(const struct page_lines *lines);

/*
 * The lines, with those that the networks could not read read by tesseract: with the job's models
 * where they are for other scripts than the networks know, else with those of the script that is
 * seen. What is noise has no words.
 *
 * @reader: reads words of Latin letters among others.
 * @arena: holds them.
 *
 * Fails as engine.h says of reading.
 */
status_code page_lines_read_others(struct page_lines *lines, struct line_reader *reader,
                                   struct engine *tesseract, const struct engine_job *job,
                                   struct arena *arena, struct text_line **ret_lines,
                                   size_t *ret_count, struct status *st) _must_check_;
