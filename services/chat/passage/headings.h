#pragma once

/*
 * The headings that stand above where a document is read. Private to passage/. One thread at a
 * time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

enum { HEADINGS_LEVELS = 6, HEADING_BYTES_MAX = 200 };

struct headings {
    struct {
        char text[HEADING_BYTES_MAX];
        size_t length;   /* 0: none of this level */
        bool is_in_text; /* the passage that is being made has it */
    } levels[HEADINGS_LEVELS];
};

/* A heading of `level` (1 to 6; 0 counts as the deepest) ends those as deep and deeper. */
void headings_leave(struct headings *headings, uint32_t level);
/* It begins, and stands in the passage that is being made. */
void headings_enter(struct headings *headings, struct str text, uint32_t level);
/* None of them stands in the passage that begins. */
void headings_begin_passage(struct headings *headings);
/* The passage has the heading of that text. */
void headings_mark(struct headings *headings, struct str text);
/* Appends those that the passage does not have, a line each. False when `out` is full. */
bool headings_append(const struct headings *headings, struct buf *out) _must_check_;
