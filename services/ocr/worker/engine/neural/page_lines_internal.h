#pragma once

/*
 * What page_lines.c and page_lines_others.c share.
 */

#include "services/ocr/worker/engine/neural/page_lines.h"

/* Below it, most of a page is in another script. */
#define PAGE_LINES_KNOWN 0.7f

struct page_lines {
    struct arena *arena; /* holds all of it */
    struct raster page;
    struct text_line *lines; /* the longest first */
    size_t count;
    struct region *regions;
    size_t region_count;
    uint32_t turns;
    bool is_turn_sure;
    float known;                /* mean confidence, longer lines counting for more */
    const char *language_found; /* of what could not be read; NULL: not looked for, or none */
    bool is_looked_for;
};

/* The mean confidence of lines, longer ones counting for more; 1 where there are none. */
float page_lines_confidence(const struct text_line *lines, size_t count);

/* Turns all lines to where the page is to be turned by so many quarters; what was read is void. */
void page_lines_turn(struct page_lines *lines, uint32_t turns);
