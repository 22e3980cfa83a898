#pragma once

/*
 * A line of text on its way from a box to words. Plain values; thread rule: any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/ocr/worker/document.h"
#include "services/ocr/worker/engine/neural/geometry.h"

/* A word within its line. Places are parts of the line's length and height, from 0 to 1. */
struct word_span {
    const char *text;
    float x0, x1;
    float y0, y1;
    float confidence;
    confidence_kind confidence_kind;
    bool no_space_after;
};

struct text_line {
    /* From the corner where reading begins, clockwise: a line that lies on its side or stands on
     * its head begins elsewhere than at the page's top left. Pixels of the page. */
    struct point corners[4];
    struct word_span *words;
    size_t word_count;
    float confidence;         /* mean over symbols; 0 without words */
    text_direction direction; /* of its letters; DIRECTION_UNKNOWN: as its box lies */
};

/* Length along the line and height across it, in pixels. */
float text_line_length(const struct text_line *line);
float text_line_height(const struct text_line *line);

/* The corners of a part of the line: places along it, from 0 to 1. */
void text_line_part(const struct text_line *line, float from, float to,
                    struct point ret_corners[static 4]);

/* Turns the reading direction by quarters clockwise; the corners stay where they are. */
void text_line_turn(struct text_line *line, unsigned quarters);
