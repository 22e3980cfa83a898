#pragma once

/*
 * Lines that stand beneath each other, as stacks: what reading order puts in order. Private to
 * layout.c.
 *
 * A line belongs to the one above it when nothing else is as near to either. What is no running
 * text and stands in the rows of a stack beside it (numbers of a list, cells of a table) goes with
 * that. Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/ocr/worker/document.h"

/* A line and where it stands for reading order: as if the page were read from the top left. */
struct layout_item {
    struct line *line;
    struct bbox box;
    float size;   /* of letters, in pixels */
    size_t words; /* of scripts that part none by spaces, two characters are one */
    size_t stack; /* index */
};

struct layout_stack {
    struct bbox box;
    size_t line_count;
    size_t word_count;
    int32_t line_height; /* mean */
    bool is_text;        /* running text */
};

/*
 * Puts each item into a stack.
 *
 * @ret_stacks: in the arena; none is empty.
 *
 * False when the arena is full. Cost is quadratic in lines.
 */
bool layout_stacks_make(struct layout_item *items, size_t count, struct arena *arena,
                        struct layout_stack **ret_stacks, size_t *ret_count);
