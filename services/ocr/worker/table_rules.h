#pragma once

/*
 * Ruling lines of a page image: long, thin and straight, across or down. Lines of letters are too
 * short for it, pictures and shades too thick. Thread rule: one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "services/ocr/worker/image.h"

enum {
    /* More lines each way are no table: hatching, the texture of a photo. All are left out then. */
    TABLE_RULES_MAX = 1000,
};

/* From left to right at a height, or from top to bottom at a distance from the left. Pixels. */
struct table_rule {
    int32_t from, to;
    int32_t at;
};

struct table_rules {
    struct table_rule *across;
    size_t across_count;
    struct table_rule *down;
    size_t down_count;
};

/*
 * Finds them.
 *
 * @image: upright; may be NULL, which has none.
 * @text_height: of the page's usual line, in pixels; what is shorter than twice that across, or
 *     than a line and a quarter down, is no rule.
 *
 * False when the arena is full. Without memory for pictures none are found.
 * Method: morphological opening by a line each way (leptonica, morph.c); cost is linear in pixels.
 */
bool table_rules_find(const struct image *image, int32_t text_height, struct arena *arena,
                      struct table_rules *ret_rules) _must_check_;
