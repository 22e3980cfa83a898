#pragma once

/*
 * What the embedded engine has read of a page, as pieces with their places, to be compared with
 * what a vision model read. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/vision/unit.h"

struct draft_place {
    struct bbox bbox;
    float confidence;
    uint32_t line; /* index into lines */
    uint32_t word; /* number within the page: pieces of one word have the same */
};

struct draft_line {
    const struct block *block;
    const struct line *line;
};

struct draft {
    struct units units;
    struct draft_place *places; /* one a unit */
    struct draft_line *lines;
    size_t line_count;
};

/*
 * Takes a finished page apart. A word of several pieces gives each its share of the box.
 *
 * @page: borrowed for the draft's life. False when it has more than UNITS_MAX pieces, or the arena
 * is full.
 */
bool draft_make(const struct page *page, struct arena *arena, struct draft *ret_draft) _must_check_;
