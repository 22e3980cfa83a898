#pragma once

/*
 * Formulas in Markdown: LaTeX between $ and $ or \( and \) in running text, between $$ and $$ or
 * \[ and \] on its own.
 *
 * Markdown's parser would take their signs for its own (a_1 * b_1), so that they are taken out
 * before it sees them, and a character of the private use area stands in each one's place.
 * Thread rule: one thread an arena.
 */

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum {
    FORMULA_MAX_BYTES = 4096,
    /* The places: U+E000 on. Further formulas stay text. */
    FORMULAS_MAX = 4096,
    FORMULA_PLACE_FIRST = 0xE000,
};

struct formula {
    const char *latex; /* without its delimiters, cleaned */
    bool is_display;
};

struct formulas {
    struct formula *items;
    size_t count;
};

/*
 * Takes the formulas out of Markdown.
 *
 * A $ opens a formula when no white space follows it, and closes one when none precedes it and no
 * digit follows (as pandoc has it), so that prices stay prices. Characters of the private use area
 * that the text has of its own are dropped. What is no formula that may be kept (formula_clean())
 * stays text.
 *
 * @ret_text: the text with the places; in the arena. False when the arena is full.
 */
bool formula_take_out(struct str markdown, struct arena *arena, struct str *ret_text,
                      struct formulas *ret_formulas) _must_check_;

/* The formula of a place, or NULL when the character is none. */
const struct formula *formula_at(const struct formulas *formulas, uint32_t character);

/*
 * LaTeX that can be shown and written between $ in Markdown: one line, without control characters
 * and comments; nothing in it can become markup or a link where no LaTeX is known.
 *
 * NULL when it is empty, has unbalanced braces or uses commands that do more than show (files,
 * links, definitions), or when the arena is full.
 */
const char *formula_clean(struct str latex, struct arena *arena);

/* A formula as it stands in running text: between $, without the bars that part the cells of
 * Markdown's tables. NULL when the arena is full. */
const char *formula_inline(const struct formula *formula, struct arena *arena);
