#pragma once

/*
 * One page on its way from picture to text: what was tried, and the best reading so far.
 *
 * What decides how to read (read_picture.h, read_layer.h, choose_language.h) changes an attempt's
 * image, language and layout and has it read; the attempt keeps what came of it. Thread rule: one
 * thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/engine.h"
#include "services/ocr/worker/image.h"

struct attempt {
    const struct engine_class *engine_class;
    struct engine *engine;
    const struct engine_class *layer_class; /* what tests the text layer of a PDF: the fastest */
    struct engine *layer_engine;
    struct image *image; /* as it is turned and straightened by now; borrowed */
    struct arena *arena;
    uint32_t page_index;
    int64_t deadline_ns;
    int64_t reading_ns; /* that the first reading took */
    bool is_auto;
    engine_layout layout;
    const char *language;   /* codes joined by "+" that the page was last read with */
    uint32_t quarter_turns; /* of the image, clockwise */
    float skew_degrees;
    bool is_read_surely; /* a trial of lines, which is fairer than words are, found it good */
    struct page page;    /* the best reading so far; finished */
    uint32_t page_turns_wanted; /* quarters that would make its text upright */
};

/* A page without text, with size, resolution and turn of the image. */
void attempt_begin_page(const struct attempt *attempt, struct page *page);

/* Reads the image as it is, with the models of attempt->language, in place of what was read before.
 * Fails as engine.h says, and then keeps what was read before. */
status_code attempt_read(struct attempt *attempt, struct status *st) _must_check_;

/* Reads again; keeps the better of both readings, and says whether that is the new one. Time that
 * runs out is no failure: what was read before is better than nothing.
 * @margin: quality by which the new one must be better. */
status_code attempt_read_again(struct attempt *attempt, float margin, bool *ret_is_better,
                               struct status *st) _must_check_;

/* Reads passages in other languages of Latin letters again, in auto (foreign_lines.h): once the
 * language of the page is settled, for what a wrong one has spoilt is taken for such. */
status_code attempt_read_foreign_lines(struct attempt *attempt, struct status *st) _must_check_;

/* Turns the image by quarters clockwise. */
status_code attempt_turn(struct attempt *attempt, uint32_t quarter_turns,
                         struct status *st) _must_check_;

/* True when that many further readings, each as long as the first, fit before the deadline. */
bool attempt_has_time(const struct attempt *attempt, int readings);

/* True when the best reading is of the image as it is now turned and straightened. */
bool attempt_is_of_image(const struct attempt *attempt);

/* True when the best reading is good. */
bool attempt_is_good(const struct attempt *attempt);
